"""What could not be decided, decided after all: where somebody waits for an answer, failurePolicy gives it."""

from __future__ import annotations

from policy_engine.admission.decisions import Decision, Evaluation, Origin
from policy_engine.admission.entries import Decided, Pass
from policy_engine.admission.model import Binding
from policy_engine.admission.policy_set import PolicySet
from policy_engine.admission.subjects import Subject
from policy_engine.admission.verdict import Verdict

_AT_FAULT = frozenset({Origin.POLICY_CONFIGURATION, Origin.BINDING_CONFIGURATION})


def settle(verdict: Verdict, policies: PolicySet) -> Verdict:
    """Make an error of every decision that was skipped because something is not known.

    A report may say that something was left out. The API server wants a yes or a no, and a policy that was not
    evaluated must not look like one that admits.
    """
    if verdict.is_silent or not verdict.skipped:
        return verdict
    return Verdict(verdict.request, verdict.matched, tuple(_settled(entry, policies) for entry in verdict.entries))


def _settled(entry: Pass | Decided, policies: PolicySet) -> Pass | Decided:
    if isinstance(entry, Pass):
        return entry
    decisions = [
        _as_error(decision, policies) if decision.evaluation is Evaluation.SKIP else decision
        for decision in entry.found
    ]
    return Decided(decisions, entry.subject, entry.annotations)


def _as_error(decision: Decision, policies: PolicySet) -> Decision:
    policy = next(policy for policy in policies.policies if policy.name == decision.policy)
    binding = next(
        (
            binding
            for binding in policies.bindings
            if (binding.policy_name, binding.name) == (decision.policy, decision.binding)
        ),
        Binding(name="", policy_name=policy.name),
    )
    subject = Subject(policy, binding)
    if decision.origin in _AT_FAULT:
        return subject.fault(decision.message, place=decision.place, origin=decision.origin, index=decision.index)
    return subject.error(decision.message, place=decision.place, origin=decision.origin, index=decision.index)
