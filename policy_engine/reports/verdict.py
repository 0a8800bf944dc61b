"""What a run comes to, and why, in one line."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.reports.findings import Finding, Level, Outcome, Report, Status
from policy_engine.reports.gravity import is_shown
from policy_engine.sources.text import Place
from policy_engine.wording import counted

_NOUNS = {
    Level.DENY: ("denial", "denials"),
    Level.WARN: ("warning", "warnings"),
    Level.AUDIT: ("audit entry", "audit entries"),
    Level.IGNORED: ("ignored error", "ignored errors"),
}


def verdict(report: Report) -> str:
    """Say what a run comes to: `blocked: 2 denials are new, first at web.yaml:8:3`.

    Not printable: it holds paths.
    """
    if report.outcome is Outcome.PASSED:
        return f"{Outcome.PASSED}: {_passed(report)}"
    return f"{report.outcome}: {'; '.join([*_unjudged(report), *_blocking(report)])}"


def count_levels(findings: Sequence[Finding]) -> str:
    """Count findings by level: `2 denials, 1 warning`."""
    found = [(level, sum(finding.level is level for finding in findings)) for level in Level]
    return ", ".join(counted(number, *_NOUNS[level]) for level, number in found if number)


def shown_place(path: str, where: Place | None) -> str:
    """Give a place as people write it: `web.yaml:8:3`. Not printable: it holds a path."""
    return path if where is None else f"{path}:{where.line}:{where.column}"


def _unjudged(report: Report) -> list[str]:
    if not report.broken:
        return []
    first = shown_place(report.broken[0].path, report.broken[0].place)
    if len(report.broken) == 1:
        return [f"1 place cannot be judged, {first}"]
    return [f"{len(report.broken)} places cannot be judged, first {first}"]


def _blocking(report: Report) -> list[str]:
    reasons = []
    for status in (Status.NEW, Status.EXISTING):
        found = [finding for finding in report.findings if finding.status is status and report.blocks(finding)]
        if found:
            reasons.append(_told(found, report))
    if report.blocking.skipped and report.skips:
        skipped = sum(count.objects for count in report.skips)
        reasons.append(f"{counted(skipped, 'decision')} could not be made, and each has to be")
    return reasons


def _told(found: Sequence[Finding], report: Report) -> str:
    is_one = len(found) == 1
    words = count_levels(found)
    if found[0].status is Status.EXISTING:
        words += " was there before and counts too" if is_one else " were there before and count too"
    elif report.change is not None:
        words += " is new" if is_one else " are new"
    place = shown_place(found[0].path, found[0].span.start)
    return f"{words}, {'at' if is_one else 'first at'} {place}"


def _passed(report: Report) -> str:
    shown = [finding for finding in report.findings if is_shown(report, finding)]
    if shown:
        return f"{count_levels(shown)}, which {'does' if len(shown) == 1 else 'do'} not block"
    return "nothing is denied" if report.change is None else "nothing new is denied"
