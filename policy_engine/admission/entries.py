"""What a verdict is made of: one entry for each policy, binding and param."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.admission.decisions import Decision
from policy_engine.admission.evaluation import Annotation
from policy_engine.admission.subjects import Subject
from policy_engine.records import record


@record
class Pass:
    """A policy all of whose validations hold. annotations: what it gives the audit log."""

    subject: Subject
    annotations: Sequence[Annotation] = ()

    def decisions(self) -> Iterator[Decision]:
        """Say so for each validation."""
        return map(self.subject.admission, self.subject.policy.validations)


@record
class Decided:
    """What one evaluation of a policy decided, where not all is well."""

    found: Sequence[Decision]
    subject: Subject | None = None
    annotations: Sequence[Annotation] = ()

    def decisions(self) -> Iterator[Decision]:
        """Give the decisions."""
        return iter(self.found)
