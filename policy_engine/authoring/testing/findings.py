"""What a verdict says, in the words of test files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.admission.decisions import Decision, Evaluation, Origin
from policy_engine.admission.entries import Pass
from policy_engine.admission.verdict import Verdict
from policy_engine.authoring.testing.model import Outcome
from policy_engine.records import record

_NOT_CONCERNED = "no rule, selector, condition or binding of the policy concerns this request"


@record(kw_only=True)
class Found:
    """One thing that one policy had to say to a request.

    validation: the index into spec.validations, None for what no validation says.
    """

    outcome: Outcome
    policy: str
    binding: str = ""
    validation: int | None = None
    place: str = ""
    message: str = ""
    reason: str = ""

    def describe(self) -> dict[str, str]:
        """Give what was found, field by field, for people."""
        shown = {
            "outcome": str(self.outcome),
            "policy": self.policy,
            "binding": self.binding,
            "validation": "" if self.validation is None else str(self.validation),
            "place": self.place,
            "message": self.message,
            "reason": self.reason,
        }
        return {name: value for name, value in shown.items() if value}


def findings(verdict: Verdict, policies: Sequence[str]) -> Iterator[Found]:
    """Give all that these policies had to say. Each of them says something: a policy not concerned says that."""
    silent = set(policies)
    for entry in verdict.entries:
        decisions = list(entry.decisions())
        if isinstance(entry, Pass) and not decisions and entry.subject.policy.name in policies:
            # A policy of nothing but audit annotations has judged the request too.
            silent.discard(entry.subject.policy.name)
            yield Found(
                outcome=Outcome.ALLOW, policy=entry.subject.policy.name, binding=entry.subject.binding.name
            )
        for decision in decisions:
            if decision.policy in policies or not decision.policy:
                silent.discard(decision.policy)
                yield _of_decision(decision)
    for name in policies:
        if name in silent:
            yield Found(outcome=Outcome.SKIP, policy=name, message=_NOT_CONCERNED)


def _of_decision(decision: Decision) -> Found:
    is_one = decision.origin is Origin.VALIDATION and "[" in decision.place
    return Found(
        outcome=_outcome(decision),
        policy=decision.policy,
        binding=decision.binding,
        validation=decision.index if is_one else None,
        place=decision.place,
        message=decision.message,
        reason=decision.reason,
    )


def _outcome(decision: Decision) -> Outcome:
    match decision.evaluation:
        case Evaluation.ERROR:
            return Outcome.ERROR
        case Evaluation.SKIP:
            return Outcome.SKIP
        case Evaluation.ADMIT:
            return Outcome.ALLOW
    if decision.denies:
        return Outcome.DENY
    return Outcome.WARN if decision.warns else Outcome.AUDIT
