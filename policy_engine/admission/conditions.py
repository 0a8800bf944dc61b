"""Match conditions: whether a policy looks at a request at all.

Source: k8s.io/apiserver pkg/admission/plugin/webhook/matchconditions/matcher.go.
"""

from __future__ import annotations

from enum import Enum

from policy_engine.admission.expressions import Expression, Need
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.admission.runners import OutOfBudget, Runner
from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.declare import Value
from policy_engine.records import record


class Applies(Enum):
    """Whether the policy applies, where that can be told."""

    YES = True
    NO = False


@record
class ConditionsFailed:
    """No condition is false, but some failed, and the policy does not ignore errors."""

    message: str
    place: str


@record
class ConditionsUnknown:
    """No condition is false, but one needs what these surroundings lack."""

    expression: Expression


def check_conditions(
    policy: CompiledPolicy, activation: dict[str, Value], lacking: frozenset[Need], runner: Runner
) -> Applies | ConditionsFailed | ConditionsUnknown:
    """Evaluate all match conditions: one that is false decides, even beside errors."""
    errors: list[tuple[str, str]] = []
    unknown: Expression | None = None
    refused = False
    try:
        for expression in policy.match_conditions:
            if lacking and expression.needs & lacking:
                unknown = unknown or expression
            elif expression.program is None:
                errors.append((f"compilation error: {expression.problem}", expression.place))
            else:
                try:
                    refused = runner.run(expression.program, activation) is False or refused
                except EvaluationError as error:
                    problem = f"expression '{expression.text}' resulted in error: {error.message}"
                    errors.append((problem, expression.place))
    except OutOfBudget as error:
        # Upstream forgets what it knew, a false condition included.
        refused, unknown, errors = False, None, [(error.message, "spec.matchConditions")]
    if refused:
        return Applies.NO
    if unknown is not None:
        return ConditionsUnknown(unknown)
    if not errors:
        return Applies.YES
    return Applies.NO if policy.policy.ignores_errors else _aggregate(errors)


def _aggregate(errors: list[tuple[str, str]]) -> ConditionsFailed:
    """Join errors. Source: k8s.io/apimachinery pkg/util/errors, `aggregate.Error`."""
    messages = list(dict.fromkeys(message for message, _ in errors))
    if len(messages) == 1:
        return ConditionsFailed(messages[0], errors[0][1])
    return ConditionsFailed(f"[{', '.join(messages)}]", "spec.matchConditions")
