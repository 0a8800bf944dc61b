"""Policies compiled: immutable, shareable between threads, with all that is wrong with them collected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from policy_engine.admission.environment import REQUEST_RESOURCE, VARIABLES_TYPE, PolicyEnvironments, variable_type
from policy_engine.admission.expressions import Expression, Need, compile_expression
from policy_engine.admission.matching import Constraints
from policy_engine.admission.model import AuditAnnotation, MatchCondition, Policy, Validation, Variable
from policy_engine.cel.budget import CostBound, Meter
from policy_engine.cel.environment import Environment
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.types import BOOL, DYN, NULL, STRING, Type
from policy_engine.records import record

Check = Callable[[Mapping[str, Value], Meter], Value]

_ALWAYS_THERE = frozenset({"object", "oldObject", "params", "variables"})
_DIFFERENT = frozenset({"params", "authorizer", REQUEST_RESOURCE})  # what two policies do not see alike
_CALLS_WITHIN_BUDGET = 8  # of 1,000,000 units and a little each, out of the binding's 10,000,000
_PHASES = 4  # matchConditions, validations, messages, auditAnnotations


@record(kw_only=True)
class CompiledValidation:
    """A validation with its expressions compiled."""

    index: int
    validation: Validation
    expression: Expression
    message: Expression | None
    reason: str


@record(kw_only=True)
class CompiledAnnotation:
    """An audit annotation with its expression compiled."""

    annotation: AuditAnnotation
    expression: Expression


@dataclass(frozen=True, kw_only=True)
class CompiledPolicy:
    """A policy ready to judge requests.

    reads: all that any of its expressions reads.
    """

    policy: Policy
    constraints: Constraints | None
    variables: Mapping[str, Expression]
    match_conditions: tuple[Expression, ...]
    validations: tuple[CompiledValidation, ...]
    annotations: tuple[CompiledAnnotation, ...]
    reads: frozenset[str]

    @property
    def name(self) -> str:
        """Give the policy's name."""
        return self.policy.name

    @cached_property
    def roots(self) -> frozenset[str]:
        """The names its expressions read that are not there for every policy."""
        return frozenset(name.partition(".")[0] for name in self.reads) - _ALWAYS_THERE

    @cached_property
    def needs(self) -> frozenset[Need]:
        """What its expressions need that not every surrounding can tell."""
        return frozenset[Need]().union(*(expression.needs for expression in self.expressions()))

    @cached_property
    def checks(self) -> tuple[Check, ...] | None:
        """What has to be true for the policy to admit; None where more than that has to be evaluated."""
        if self.annotations or self.evaluates_all_messages or self.condition_checks is None:
            return None
        return _checks(validation.expression for validation in self.validations)

    @cached_property
    def condition_checks(self) -> tuple[tuple[Check, int | None], ...] | None:
        """What has to be true for the policy to apply; None where conditions read what differs for them.

        Each with a number: conditions of several policies with the same number are the same. None: no other is.
        """
        if any("namespaceObject" in c.reads or "variables" in c.reads for c in self.match_conditions):
            return None
        checks = _checks(self.match_conditions)
        if checks is None:
            return None
        # Programs live as long as their policies, and policies with the same text share them.
        shared = [None if c.reads & _DIFFERENT else id(c.program) for c in self.match_conditions]
        return tuple(zip(checks, shared, strict=True))

    @cached_property
    def variable_checks(self) -> Mapping[str, tuple[Check, str | None]]:
        """What evaluates the variables that compile, and what each means.

        Variables of two policies that mean the same have the same value for a request. None: nobody else's does.
        """
        meanings = self._meanings()
        checks = {name: _checks([variable]) for name, variable in self.variables.items()}
        return {name: (found[0], meanings[name]) for name, found in checks.items() if found is not None}

    def _meanings(self) -> dict[str, str | None]:
        """Say what variables mean: their texts, and what the variables mean that they read."""
        texts = {variable.name: variable.expression for variable in self.policy.variables}
        meanings: dict[str, str | None] = {}
        for name, variable in self.variables.items():
            read = sorted(
                path.removeprefix("variables.") for path in variable.reads if path.startswith("variables.")
            )
            parts = [meanings.get(other) for other in read]
            if variable.reads & _DIFFERENT or None in parts:
                meanings[name] = None
            else:
                meanings[name] = "\0".join([texts[name], *(f"{n}\0{p}" for n, p in zip(read, parts, strict=True))])
        return meanings

    @cached_property
    def glance_bound(self) -> CostBound:
        """An upper bound of what `admits` evaluates: no messages, no annotations, variables once."""
        once = [*self.match_conditions, *self.variables.values(), *(v.expression for v in self.validations)]
        return _sum_of(expression.program.bound for expression in once if expression.program is not None)

    @cached_property
    def bound(self) -> CostBound:
        """An upper bound of what evaluating everything costs, variables anew in every phase."""
        bounds = [expression.program.bound for expression in self.expressions() if expression.program is not None]
        bounds += [v.program.bound for v in self.variables.values() if v.program is not None] * (_PHASES - 1)
        return _sum_of(bounds)

    @cached_property
    def evaluates_all_messages(self) -> bool:
        """Tell whether messages that nobody will read must be evaluated too, as the API server does.

        They spend the budget of the binding, 10,000,000 units. A call cannot spend much more than 1,000,000, so
        few calls cannot exceed it and need not be made.
        """
        messages = [validation.message for validation in self.validations if validation.message is not None]
        read = frozenset[str]().union(*(message.reads for message in messages))
        variables = sum(1 for name in self.variables if f"variables.{name}" in read)
        return len(messages) + variables > _CALLS_WITHIN_BUDGET

    @cached_property
    def _by_place(self) -> Mapping[str, Expression]:
        return {expression.place: expression for expression in self.expressions()}

    def expression_at(self, place: str) -> Expression | None:
        """Give the expression at a field path, such as `spec.validations[0].expression`."""
        return self._by_place.get(place)

    def expressions(self) -> Iterator[Expression]:
        """Give every expression, in the order of the policy's fields."""
        yield from self.match_conditions
        yield from self.variables.values()
        for validation in self.validations:
            yield validation.expression
            if validation.message is not None:
                yield validation.message
        for annotation in self.annotations:
            yield annotation.expression


def compile_policy(policy: Policy, environments: PolicyEnvironments) -> CompiledPolicy:
    """Compile all expressions of a policy. What does not compile stays in it, as on the server."""
    params = policy.param_kind is not None
    environment = environments.get(params=params, authorizer=True)
    message_environment = environments.get(params=params, authorizer=False)
    variables = _compile_variables(policy.variables, environment)
    if variables:
        environment = _declare(environment, variables)
        if any(validation.message_expression for validation in policy.validations):
            message_environment = _declare(message_environment, variables)
    constraints = policy.match_constraints
    match_conditions = _compile_match_conditions(policy.match_conditions, environment, variables)
    validations = tuple(
        _compile_validation(index, validation, environment, message_environment, variables)
        for index, validation in enumerate(policy.validations)
    )
    annotations = _compile_annotations(policy.audit_annotations, environment, variables)
    # Variables count where something reads them: what an expression reads includes what they read.
    evaluated = [
        *match_conditions,
        *(validation.expression for validation in validations),
        *(validation.message for validation in validations if validation.message is not None),
        *(annotation.expression for annotation in annotations),
    ]
    return CompiledPolicy(
        policy=policy,
        constraints=None if constraints is None else Constraints.compile(constraints),
        variables=variables,
        match_conditions=match_conditions,
        validations=validations,
        annotations=annotations,
        reads=frozenset[str]().union(*(expression.reads for expression in evaluated)),
    )


def _compile_match_conditions(
    conditions: tuple[MatchCondition, ...], environment: Environment, variables: Mapping[str, Expression]
) -> tuple[Expression, ...]:
    return tuple(
        compile_expression(
            condition.expression,
            f"spec.matchConditions[{index}].expression",
            environment,
            returns=[BOOL],
            variables=variables,
            never_there=frozenset({Need.NAMESPACE}),
        )
        for index, condition in enumerate(conditions)
    )


def _compile_annotations(
    annotations: tuple[AuditAnnotation, ...], environment: Environment, variables: Mapping[str, Expression]
) -> tuple[CompiledAnnotation, ...]:
    return tuple(
        CompiledAnnotation(
            annotation=annotation,
            expression=compile_expression(
                annotation.value_expression,
                f"spec.auditAnnotations[{index}].valueExpression",
                environment,
                returns=[STRING, NULL],
                variables=variables,
                never_there=frozenset({Need.AUTHORIZER}),
            ),
        )
        for index, annotation in enumerate(annotations)
    )


def _compile_variables(declared: tuple[Variable, ...], environment: Environment) -> dict[str, Expression]:
    """Compile variables in order: each sees those before it. A name declared twice means the later one."""
    variables: dict[str, Expression] = {}
    for index, variable in enumerate(declared):
        variables[variable.name] = compile_expression(
            variable.expression,
            f"spec.variables[{index}].expression",
            _declare(environment, variables),
            returns=None,
            variables=variables,
        )
    return variables


def _declare(environment: Environment, variables: Mapping[str, Expression]) -> Environment:
    """Declare composed variables; one that does not compile is dyn."""
    if not variables:
        return environment
    types: dict[str, Type] = {}
    sizes: dict[str, CostBound] = {}
    for name, variable in variables.items():
        program = variable.program
        types[name] = DYN if program is None else variable_type(program.type)
        if program is not None and program.size is not None:
            sizes[f"variables.{name}"] = program.size
    return environment.extend(structs={VARIABLES_TYPE: types}, sizes=sizes)


def _compile_validation(
    index: int,
    validation: Validation,
    environment: Environment,
    message_environment: Environment,
    variables: Mapping[str, Expression],
) -> CompiledValidation:
    place = f"spec.validations[{index}]"
    message = None
    if validation.message_expression:
        message = compile_expression(
            validation.message_expression,
            f"{place}.messageExpression",
            message_environment,
            returns=[STRING],
            variables=variables,
        )
    return CompiledValidation(
        index=index,
        validation=validation,
        expression=compile_expression(
            validation.expression, f"{place}.expression", environment, returns=[BOOL], variables=variables
        ),
        message=message,
        reason="Invalid" if validation.reason is None else validation.reason,
    )


def _sum_of(bounds: Iterable[CostBound]) -> CostBound:
    constant, per_byte = 0, 0.0
    for bound in bounds:
        constant += bound.constant
        per_byte += bound.per_byte
    return CostBound(constant, per_byte)


def _checks(expressions: Iterable[Expression]) -> tuple[Check, ...] | None:
    """Give what evaluates expressions; None where one does not compile."""
    programs = [expression.program for expression in expressions]
    checks = tuple(program.compiled or program.run for program in programs if program is not None)
    return checks if len(checks) == len(programs) else None
