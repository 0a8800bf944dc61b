"""Which findings matter most, for formats that cannot show all."""

from __future__ import annotations

from policy_engine.reports.findings import Finding, Level, Report, Status
from policy_engine.sources.text import Place

_LEVELS = {level: rank for rank, level in enumerate(Level)}
_STATUSES = {status: rank for rank, status in enumerate(Status)}


Gravity = tuple[bool, int, int, str, Place]


def gravity(report: Report, finding: Finding) -> Gravity:
    """Give what to sort findings by, the gravest first: what blocks, then by level, new ones, by file and line."""
    return (
        not report.blocks(finding),
        _LEVELS[finding.level],
        _STATUSES[finding.status],
        finding.path,
        finding.span.start,
    )


def is_shown(report: Report, finding: Finding) -> bool:
    """Tell whether people are to see a finding: what denies or warns, and is new or blocks all the same."""
    return finding.level in (Level.DENY, Level.WARN) and (
        finding.status is Status.NEW or (finding.status is Status.EXISTING and report.blocking.existing)
    )
