"""How the API server compiles the expressions of a policy that is created.

Three things differ from compiling a stored policy: only functions that the release before had already may be
used; matchConditions do not know `variables`; and neither does anything else in a policy that declares none.
Source: kubernetes pkg/apis/admissionregistration/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.admission.environment import VARIABLES_TYPE, PolicyEnvironments, variable_type
from policy_engine.admission.validation.field_errors import FieldError, internal, invalid
from policy_engine.cel.errors import CompileError
from policy_engine.cel.go_strings import trim_space
from policy_engine.cel.libraries.declare import Version
from policy_engine.cel.types import BOOL, DYN, NULL, STRING, Type
from policy_engine.field_paths import FieldPath

_NOT_INSTANTIATED = "program instantiation failed: "  # the server calls these its own, internal errors


class ExpressionCompiler:
    """Compiles the expressions of one policy, in the server's order: a variable is known from then on."""

    def __init__(self, environments: ExpressionEnvironments, *, params: bool, composed: bool) -> None:
        self._plain = environments.plain
        self._environments = environments.composed if composed else environments.plain
        self._params = params
        self._variables: dict[str, Type] = {}

    def variable(self, name: str, expression: str, path: FieldPath) -> FieldError | None:
        """Compile a variable and declare it; one that does not compile is dyn."""
        environment = self._environments.get(params=self._params, authorizer=True)
        environment = environment.extend(structs={VARIABLES_TYPE: self._variables})
        type_, refusal = DYN, None
        try:
            type_ = variable_type(environment.compile(expression).type)
        except CompileError as error:
            refusal = _refusal(error, expression, path)
        self._variables = {**self._variables, name: type_}
        return refusal

    def match_condition(self, expression: str, path: FieldPath) -> FieldError | None:
        """Compile a condition; the server looks at it without the white space around it."""
        trimmed = trim_space(expression)
        return self._compile(trimmed, path, [BOOL], environments=self._plain)

    def validation(self, expression: str, path: FieldPath) -> FieldError | None:
        """Compile a validation's expression."""
        return self._compile(expression, path, [BOOL])

    def message(self, expression: str, path: FieldPath) -> FieldError | None:
        """Compile a messageExpression, which has no authorizer."""
        return self._compile(expression, path, [STRING], authorizer=False)

    def audit_annotation(self, expression: str, path: FieldPath) -> FieldError | None:
        """Compile a valueExpression: trimmed when compiled, as written in the error."""
        return self._compile(trim_space(expression), path, [STRING, NULL], shown=expression)

    def _compile(
        self,
        expression: str,
        path: FieldPath,
        returns: Sequence[Type],
        *,
        authorizer: bool = True,
        environments: PolicyEnvironments | None = None,
        shown: str | None = None,
    ) -> FieldError | None:
        environment = (environments or self._environments).get(params=self._params, authorizer=authorizer)
        if self._variables and environments is None:
            environment = environment.extend(structs={VARIABLES_TYPE: self._variables})
        try:
            environment.compile(expression, returns=returns)
        except CompileError as error:
            return _refusal(error, expression if shown is None else shown, path)
        return None


class ExpressionEnvironments:
    """The environments of a Kubernetes version for new expressions, with `variables` and without.

    Source: apiserver pkg/cel/environment/base.go: new expressions have to work in the release before too.
    """

    def __init__(self, version: str) -> None:
        major, minor = Version.parse(version)
        compatible = f"{major}.{minor - 1}"
        self.plain = PolicyEnvironments(compatible, composed=False)
        self.composed = PolicyEnvironments(compatible)


def _refusal(error: CompileError, expression: str, path: FieldPath) -> FieldError:
    if error.message.startswith(_NOT_INSTANTIATED):
        return internal(path, error.message, error)
    return invalid(path, expression, error.message, error)
