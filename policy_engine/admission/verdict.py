"""All that was decided about a request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from policy_engine.admission.audit import audit_annotations
from policy_engine.admission.decisions import Decision, Evaluation
from policy_engine.admission.entries import Decided, Pass
from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.wire import Wire, wire_response


@dataclass(eq=False)
class Verdict:
    """The verdict about a request.

    matched: some policy is about the request, whether or not a binding calls for it.
    entries: one for each policy, binding and param that was evaluated, in the order of policies and bindings;
        one also for each that could not be. `decisions` gives the rows.
    is_silent: there is nothing to tell but yes: no denial, error, warning or annotation.
    """

    request: AdmissionRequest
    matched: bool
    entries: tuple[Pass | Decided, ...]

    is_silent: bool = field(init=False)

    def __post_init__(self) -> None:
        for entry in self.entries:  # as a generator it would take three times as long, in every review
            if entry.__class__ is not Pass or entry.annotations:
                self.is_silent = False
                return
        self.is_silent = True

    @property
    def decisions(self) -> Iterator[Decision]:
        """Give every decision in order; those that admit are made now."""
        return (decision for entry in self.entries for decision in entry.decisions())

    @cached_property
    def findings(self) -> tuple[Decision, ...]:
        """The decisions that do not simply admit: denials, errors, skips."""
        return tuple(
            decision
            for entry in self.entries
            if isinstance(entry, Decided)
            for decision in entry.found
            if decision.evaluation is not Evaluation.ADMIT
        )

    @cached_property
    def denials(self) -> tuple[Decision, ...]:
        """The decisions that deny the request. The API server only tells the first."""
        return tuple(decision for decision in self.findings if decision.denies)

    @property
    def denied(self) -> bool:
        """Tell whether the request is denied."""
        return bool(self.denials)

    @property
    def skipped(self) -> tuple[Decision, ...]:
        """The decisions that could not be made."""
        return tuple(decision for decision in self.findings if decision.evaluation is Evaluation.SKIP)

    @cached_property
    def warnings(self) -> tuple[str, ...]:
        """What the client is warned of, each in full; `wire.warnings` has it as headers carry it."""
        return tuple(
            f"Validation failed for ValidatingAdmissionPolicy '{decision.policy}' "
            f"with binding '{decision.binding}': {decision.message}"
            for decision in self.findings
            if decision.warns
        )

    @cached_property
    def audit_annotations(self) -> dict[str, str]:
        """What the audit log holds."""
        values = (
            (entry.subject.policy.name, annotation)
            for entry in self.entries
            if entry.subject is not None
            for annotation in entry.annotations
        )
        return audit_annotations([decision for decision in self.findings if decision.audits], values)

    @cached_property
    def wire(self) -> Wire:
        """What kube-apiserver would have said to the client."""
        return wire_response(self.request, self.denials, self.warnings)
