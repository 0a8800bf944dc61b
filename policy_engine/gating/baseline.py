"""What was wrong before a change, and what that makes of its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from policy_engine.checking.finding_maker import Fault
from policy_engine.gating.inheritance import Inheritance
from policy_engine.reports.findings import Finding, Level, Status

_TOLD = (Level.DENY, Level.WARN)  # of what is fixed


class Baseline:
    """The faults of an object as it was.

    views: what was found in several ways of looking at the object. The same fault is in more than one of them, so
    of each key there are as many as in the view with the most.
    """

    def __init__(self, views: Iterable[Iterable[Fault]] = ()) -> None:
        self._faults: dict[str, list[Fault]] = {}
        for view in views:
            for key, faults in _by_key(view).items():
                if len(faults) > len(self._faults.get(key, ())):
                    self._faults[key] = faults

    def __bool__(self) -> bool:
        return bool(self._faults)

    def sort(self, found: Iterable[Fault], inheritance: Inheritance) -> Iterator[Finding]:
        """Say of the faults of the object as it is now which are new.

        One is not if an old one was about all the fields that it is about: a second bad container is new, though
        the same expression says the same of both. inheritance: knows better where fields mislead.
        """
        left = {key: list(faults) for key, faults in self._faults.items()}
        for fault in found:
            alike = left.get(fault.key, [])
            old = next((one for one in alike if fault.fields.keys() <= one.fields.keys()), None)
            if old is not None and inheritance.is_worse(fault.finding):
                old = None
            elif old is None and alike and inheritance.is_inherited(fault.finding):
                old = alike[0]
            if old is not None:
                alike.remove(old)
                yield fault.finding.with_status(Status.EXISTING)
            else:
                yield self._shown(fault)

    def _shown(self, fault: Fault) -> Finding:
        """Show a new fault at the first field that no old one of its kind is about."""
        old = {name for one in self._faults.get(fault.key, ()) for name in one.fields}
        if not old:
            return fault.finding
        fields = [field for name, field in fault.fields.items() if name not in old]
        return min(map(fault.shown_at, fields), key=lambda one: one.span.start, default=fault.finding)

    def fixed(self, there: Counter[str]) -> Iterator[Finding]:
        """Give those that are not found any more. there: how many of a key the object has now."""
        for key, faults in self._faults.items():
            for fault in faults[there[key] :]:
                if fault.finding.level in _TOLD:
                    yield fault.finding.with_status(Status.FIXED)


def _by_key(faults: Iterable[Fault]) -> dict[str, list[Fault]]:
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        found.setdefault(fault.key, []).append(fault)
    return found
