"""Decisions noted for less than a microsecond a review, and counted later.

Counting for each of twenty policies would take as long as evaluating them. But most reviews of a kind end alike:
with the very same entries, prepared when the policies were loaded.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from policy_engine.admission.decisions import Decision
from policy_engine.admission.entries import Decided, Pass

_MOST = 512  # different ends of reviews, before they are counted

Labels = tuple[str, ...]


class DecisionTally:
    """Notes the entries of verdicts. count: called with labels and how often they came, when it is flushed."""

    def __init__(self, count: Callable[[Labels, int], None]) -> None:
        self._count = count
        self._lock = threading.Lock()
        # By the identities of a verdict's entries; the entries are kept, so that no identity is used twice.
        self._noted: dict[tuple[int, ...], tuple[Sequence[Pass | Decided], list[int]]] = {}

    def add(self, entries: Sequence[Pass | Decided]) -> None:
        """Note the entries of a verdict."""
        key = tuple(map(id, entries))
        with self._lock:
            found = self._noted.get(key)
            if found is not None:
                found[1][0] += 1
                return
            self._noted[key] = entries, [1]
            if len(self._noted) < _MOST:
                return
        self.flush()

    def flush(self) -> None:
        """Count what was noted."""
        with self._lock:
            noted, self._noted = self._noted, {}
            sums: dict[Labels, int] = {}
            for entries, (times,) in noted.values():
                for entry in entries:
                    for labels in _labels(entry):
                        sums[labels] = sums.get(labels, 0) + times
            for labels, times in sums.items():
                self._count(labels, times)


def _labels(entry: Pass | Decided) -> list[Labels]:
    if isinstance(entry, Pass):
        return [(entry.subject.policy.name, entry.subject.binding.name, "none", "admit")]
    return [
        (decision.policy, decision.binding, _action(decision), decision.evaluation.value)
        for decision in entry.decisions()
    ]


def _action(decision: Decision) -> str:
    return decision.actions[0].lower() if decision.actions else "none"
