"""One policy against one request with one param: match conditions, validations, messages, audit annotations.

Source: k8s.io/apiserver pkg/admission/plugin/policy/validating/validator.go.
"""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.admission.composition import LazyVariables
from policy_engine.admission.conditions import Applies, ConditionsFailed, check_conditions
from policy_engine.admission.decisions import Decision, Origin
from policy_engine.admission.expressions import Need
from policy_engine.admission.inputs import RequestInputs
from policy_engine.admission.matching import Target
from policy_engine.admission.messages import failure_message
from policy_engine.admission.policies import CompiledPolicy, CompiledValidation
from policy_engine.admission.runners import (
    BINDING_BUDGET,
    MATCH_CONDITIONS_BUDGET,
    OutOfBudget,
    Runner,
)
from policy_engine.admission.subjects import Subject
from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.go_strings import trim_space
from policy_engine.cel.libraries.declare import Value
from policy_engine.records import record


@record
class Annotation:
    """A value for the audit log."""

    key: str
    value: str


@record
class Outcome:
    """What came out. decisions: one for each validation, or one that stands for all; empty where all hold.

    applies: False where the match conditions left the request out.
    """

    decisions: Sequence[Decision]
    annotations: Sequence[Annotation] = ()
    applies: bool = True


ALL_HOLD = Outcome(())
"""Every validation holds, and there is nothing else to tell."""
LEFT_OUT = Outcome((), applies=False)
"""A match condition is false."""


def evaluate(subject: Subject, inputs: RequestInputs, target: Target, runner: Runner) -> Outcome:
    """Evaluate a policy. Raises: OutOfFuel, where the runner is the fast one."""
    policy = subject.policy
    activation = inputs.activation(target, policy.roots)
    if policy.policy.param_kind is not None:
        activation = {**activation, "params": subject.param}
    if policy.match_conditions:
        runner.begin(MATCH_CONDITIONS_BUDGET)
        values = _compose(policy, inputs.for_match_conditions(activation, target), runner)
        try:
            applies = check_conditions(policy, values, inputs.lacking, runner)
        finally:
            values.clear()
        if applies is Applies.NO:
            return LEFT_OUT
        if isinstance(applies, ConditionsFailed):
            origin = Origin.MATCH_CONDITION
            return Outcome((subject.error(applies.message, place=applies.place, origin=origin),))
        if applies is not Applies.YES:
            skipped = subject.skip_for(applies.expression, inputs.lacking, origin=Origin.MATCH_CONDITION)
            return Outcome((skipped,))
    runner.begin(BINDING_BUDGET)
    values = _compose(policy, activation, runner)
    try:
        decisions = _validate(subject, values, inputs.lacking, runner)
    except OutOfBudget as error:
        return Outcome((subject.error(error.message, place="spec.validations"),))
    finally:
        values.clear()
    if policy.annotations:
        return _annotate(subject, activation, inputs.lacking, runner, decisions)
    return Outcome(decisions) if decisions else ALL_HOLD


def _validate(
    subject: Subject, activation: dict[str, Value], lacking: frozenset[Need], runner: Runner
) -> list[Decision]:
    """Evaluate all validations; an empty list means that all hold."""
    policy = subject.policy
    findings: dict[int, Decision | None] = {}  # None: it does not hold, and the message is to be found
    for validation in policy.validations:
        expression = validation.expression
        index = validation.index
        if lacking and expression.needs & lacking:
            findings[index] = subject.skip_for(expression, lacking, index=index)
            continue
        if expression.program is None:
            problem = f"compilation error: {expression.problem}"
            findings[index] = subject.error(problem, place=expression.place, index=index)
            continue
        try:
            if runner.run(expression.program, activation) is not True:
                findings[index] = None
        except EvaluationError as error:
            problem = f"expression '{expression.text}' resulted in error: {error.message}"
            findings[index] = subject.error(problem, place=expression.place, index=index)
    if runner.exact or policy.evaluates_all_messages:
        return _tell(subject, activation, findings, policy.validations, runner)
    if findings:
        failed = [v for v in policy.validations if v.index in findings and findings[v.index] is None]
        return _tell(subject, activation, findings, failed, runner)
    return []


def _tell(
    subject: Subject,
    activation: dict[str, Value],
    findings: dict[int, Decision | None],
    told: Sequence[CompiledValidation],
    runner: Runner,
) -> list[Decision]:
    """Make the decisions. told: the validations whose messageExpression is evaluated."""
    messages: dict[int, Value] = {}
    exhausted = ""
    if any(validation.message is not None for validation in told):
        runner.resume()
        values = _compose(subject.policy, _without_authorizer(activation), runner)
        try:
            for validation in told:
                messages[validation.index] = _message(validation, values, runner)
        except OutOfBudget as error:
            exhausted = f"failed messageExpression: {error.message}"
        finally:
            values.clear()
    if not findings and not exhausted:
        return []
    decisions = []
    for validation in subject.policy.validations:
        index = validation.index
        decision = findings.get(index)
        if decision is None:
            if exhausted:
                decision = subject.error(exhausted, place=validation.expression.place, index=index)
            elif index in findings:
                message = failure_message(validation.validation, messages.get(index))
                decision = subject.denial(validation, message)
            else:
                decision = subject.admission(validation)
        decisions.append(decision)
    return decisions


def _message(validation: CompiledValidation, activation: dict[str, Value], runner: Runner) -> Value:
    if validation.message is None or validation.message.program is None:
        return None
    try:
        return runner.run(validation.message.program, activation)
    except EvaluationError:
        return None


def _annotate(
    subject: Subject,
    activation: dict[str, Value],
    lacking: frozenset[Need],
    runner: Runner,
    decisions: list[Decision],
) -> Outcome:
    """Evaluate the audit annotations: they have a budget of their own, and no authorizer."""
    policy = subject.policy
    runner.begin(BINDING_BUDGET)
    values = _compose(policy, _without_authorizer(activation), runner)
    published: list[Annotation] = []
    faults: list[Decision] = []
    try:
        for compiled in policy.annotations:
            expression = compiled.expression
            if lacking and expression.needs & lacking:
                faults.append(subject.skip_for(expression, lacking, origin=Origin.AUDIT_ANNOTATION))
                continue
            if expression.program is None:
                problem = f"compilation error: {expression.problem}"
                faults.append(subject.fault(problem, place=expression.place, origin=Origin.AUDIT_ANNOTATION))
                continue
            try:
                value = runner.run(expression.program, values)
            except EvaluationError as error:
                problem = f"expression '{expression.text}' resulted in error: {error.message}"
                faults.append(subject.fault(problem, place=expression.place, origin=Origin.AUDIT_ANNOTATION))
            except OutOfBudget as error:
                # Upstream forgets the results of the validations here, and so must this.
                return Outcome((subject.error(error.message, place="spec.auditAnnotations"),))
            else:
                if isinstance(value, str) and (text := trim_space(value)):
                    published.append(Annotation(compiled.annotation.key, text))
    finally:
        values.clear()
    if faults and not decisions:
        decisions = [subject.admission(validation) for validation in policy.validations]
    return Outcome([*decisions, *faults], published)


def _compose(policy: CompiledPolicy, activation: dict[str, Value], runner: Runner) -> dict[str, Value]:
    """Give the values of a phase, in which no variable is evaluated yet.

    They refer to themselves through `variables`: clear them when the phase is over, or they wait for the garbage
    collector, thousands of them a second.
    """
    values = dict(activation)
    values["variables"] = LazyVariables(policy.variables, values, runner.run_variable)
    return values


def _without_authorizer(activation: dict[str, Value]) -> dict[str, Value]:
    return {name: value for name, value in activation.items() if not name.startswith("authorizer")}
