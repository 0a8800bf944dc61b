"""What was wrong before a change, and what that makes of its findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from policy_engine.reports.findings import Finding, Level, Status

_TOLD = (Level.DENY, Level.WARN)  # of what is fixed


class Baseline:
    """The findings about an object as it was. Those with one fingerprint are alike, and only their number counts.

    views: what was found in several ways of looking at the object. The same fault is in more than one of them, so
    of each fingerprint there are as many as in the view with the most.
    """

    def __init__(self, views: Iterable[Iterable[Finding]] = ()) -> None:
        self._findings: dict[str, list[Finding]] = {}
        for view in views:
            for fingerprint, findings in _by_fingerprint(view).items():
                if len(findings) > len(self._findings.get(fingerprint, ())):
                    self._findings[fingerprint] = findings

    def __bool__(self) -> bool:
        return bool(self._findings)

    def sort(self, found: Iterable[Finding]) -> list[Finding]:
        """Say of the findings about the object as it is now which are new."""
        left = self._counts()
        sorted_ = []
        for finding in found:
            is_known = left[finding.fingerprint] > 0
            left[finding.fingerprint] -= is_known
            sorted_.append(finding.with_status(Status.EXISTING if is_known else Status.NEW))
        return sorted_

    def fixed(self, there: Counter[str]) -> Iterator[Finding]:
        """Give those that are not found any more. there: how many of a fingerprint the object has now."""
        for fingerprint, findings in self._findings.items():
            for finding in findings[there[fingerprint] :]:
                if finding.level in _TOLD:
                    yield finding.with_status(Status.FIXED)

    def _counts(self) -> Counter[str]:
        return Counter({fingerprint: len(findings) for fingerprint, findings in self._findings.items()})


def _by_fingerprint(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.fingerprint, []).append(finding)
    return found
