"""One expression with its inputs, outside any policy: compiled, evaluated, measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from policy_engine.admission.composition import LazyVariables
from policy_engine.admission.environment import (
    REQUEST_RESOURCE,
    VARIABLES_TYPE,
    PolicyEnvironments,
    variable_type,
)
from policy_engine.admission.expressions import Expression, compile_expression
from policy_engine.cel.budget import PER_CALL_LIMIT, Meter
from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CompileError, CostLimitExceeded, EvaluationError, Interrupted, Issue
from policy_engine.cel.libraries.authz import Authorizer, RuleTable, User, request_resource
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.measurement import Measurement
from policy_engine.cel.program import Program
from policy_engine.cel.source import Source
from policy_engine.cel.types import BOOL, STRING, Type
from policy_engine.cel.values.encoding import encode
from policy_engine.errors import InputError
from policy_engine.records import record

INPUTS = ("object", "oldObject", "params", "request", "namespaceObject")
"""The variables that hold data. `authorizer` is made from rules."""

_LIMIT_TEXT = CostLimitExceeded.message


class Returns(StrEnum):
    """What type the caller demands when the expression is compiled."""

    ANY = "any"
    BOOL = "bool"
    STRING = "string"


_RETURNS: Mapping[Returns, Sequence[Type] | None] = {
    Returns.ANY: None,
    Returns.BOOL: [BOOL],
    Returns.STRING: [STRING],
}


class Stage(StrEnum):
    """When an expression failed."""

    COMPILE = "compile"
    EVAL = "eval"
    BUDGET = "budget"


@record(kw_only=True)
class ExpressionCase:
    """An expression and what it can read.

    inputs: by the names in INPUTS; absent ones are null. variables: (name, expression), each sees those before.
    rules: what `authorizer` answers, see libraries/authz_rules.
    """

    expression: str
    inputs: Mapping[str, Any] = field(default_factory=dict)
    variables: tuple[tuple[str, str], ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()
    returns: Returns = Returns.ANY


@record(kw_only=True)
class Evaluated:
    """What came of an expression.

    error: None where there is a value. variable: the name of the variable that does not compile, or empty.
    static: the type the checker found, None where it found none. cost: None where nothing was evaluated.
    place: a rendering of the failing part with its source line and caret, or empty.
    disagreement: what the compiled form gave instead, which must never happen; empty where both agree.
    """

    value: Value = None
    error: str | None = None
    stage: Stage | None = None
    static: Type | None = None
    cost: int | None = None
    variable: str = ""
    place: str = ""
    disagreement: str = ""


def evaluate(case: ExpressionCase, *, version: str) -> Evaluated:
    """Evaluate an expression exactly, and hold the compiled form against it.

    Raises: InputError where the case's rules cannot be used.
    """
    environment = _environments(version).get(params=True, authorizer=True)
    variables: dict[str, Expression] = {}
    types: dict[str, Type] = {}
    for name, text in case.variables:
        scope = environment.extend(structs={VARIABLES_TYPE: dict(types)}) if types else environment
        compiled = compile_expression(text, name, scope, returns=None, variables=variables)
        if compiled.program is None:
            return _refused(compiled.error, name)
        variables[name] = compiled
        types[name] = variable_type(compiled.program.type)
    try:
        program = _compile(case, environment.extend(structs={VARIABLES_TYPE: types}) if types else environment)
    except CompileError as error:
        return _refused(error)
    return _evaluate(case, program, variables)


@lru_cache(maxsize=8)
def _environments(version: str) -> PolicyEnvironments:
    return PolicyEnvironments(version)


def _compile(case: ExpressionCase, environment: Environment) -> Program:
    return environment.compile(case.expression, returns=_RETURNS[case.returns])


def _refused(error: CompileError | None, variable: str = "") -> Evaluated:
    assert error is not None
    place = "\n".join(_rendered(issue, error.source) for issue in error.issues)
    return Evaluated(error=error.message, stage=Stage.COMPILE, variable=variable, place=place)


def _evaluate(case: ExpressionCase, program: Program, variables: Mapping[str, Expression]) -> Evaluated:
    exact = _Exact()
    activation = _activation(case)
    activation["variables"] = LazyVariables(variables, activation, exact.evaluate)
    measured = program.measure(activation)
    cost = measured.cost + exact.cost
    disagreement = _disagreement(case, program, variables, measured)
    if measured.error is None:
        return Evaluated(value=measured.value, static=program.type, cost=cost, disagreement=disagreement)
    message = measured.error.message
    stage = Stage.BUDGET if message.endswith(_LIMIT_TEXT) else Stage.EVAL
    place = _place(program, measured.error)
    return Evaluated(
        error=message, stage=stage, static=program.type, cost=cost, place=place, disagreement=disagreement
    )


def _rendered(issue: Issue, source: Source) -> str:
    help = f"\nhelp: did you mean `{issue.suggestion}`?" if issue.suggestion else ""
    return issue.render(source) + help


class _Exact:
    """Evaluates variables exactly, and adds up what they cost."""

    def __init__(self) -> None:
        self.cost = 0

    def evaluate(self, program: Program, activation: Mapping[str, Value]) -> Value:
        measured = program.measure(activation)
        self.cost += measured.cost
        if measured.error is not None:
            # As on the server, a variable that exceeds the limit of one call is an error like any other.
            raise EvaluationError(measured.error.message)
        return measured.value


def _activation(case: ExpressionCase) -> dict[str, Value]:
    inputs: dict[str, Value] = {name: case.inputs.get(name) for name in INPUTS}
    request = case.inputs.get("request")
    request = request if isinstance(request, dict) else {}
    try:
        backend = RuleTable.from_json(case.rules)
        authorizer = Authorizer(User.from_user_info(request.get("userInfo") or {}), backend)
        inputs |= {"authorizer": authorizer, REQUEST_RESOURCE: request_resource(authorizer, request)}
    except (ValueError, TypeError, AttributeError) as error:
        raise InputError(f"the authorizer cannot be made: {error}") from None
    return inputs


def _disagreement(
    case: ExpressionCase, program: Program, variables: Mapping[str, Expression], exact: Measurement
) -> str:
    """Evaluate the compiled form too, and tell how its answer differs; empty where it does not."""
    error = exact.error
    if error is not None and error.message.endswith(_LIMIT_TEXT):
        return ""  # the compiled form only bounds costs, and here without a limit
    meter = Meter(PER_CALL_LIMIT)
    activation = _activation(case)
    activation["variables"] = LazyVariables(variables, activation, lambda one, values: one.run(values, meter))
    try:
        value = program.run(activation, meter)
    except Interrupted:
        return ""
    except EvaluationError as failure:
        if error is None:
            return f"the compiled form fails where the interpreter gives a value: {failure.message}"
        return ""
    if error is not None:
        return f"the compiled form gives a value where the interpreter fails: {error.message}"
    if encode(value) != encode(exact.value):
        return "the compiled form and the interpreter give different values"
    return ""


def _place(program: Program, error: EvaluationError | CostLimitExceeded) -> str:
    """Show where an error came up; empty where that is not known."""
    if not isinstance(error, EvaluationError):
        return ""
    offset = program.checked.offsets.get(error.node_id)
    return "" if offset is None else program.source.render(offset, error.message)
