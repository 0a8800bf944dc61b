"""Findings as GitLab's Code Quality widget takes them, from the artifact `reports:codequality`.

Source: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format".
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.records import record
from policy_engine.reports.entries import Entry, entries
from policy_engine.reports.findings import Level, Report
from policy_engine.reports.json_text import to_text
from policy_engine.reports.paths import relative_path
from policy_engine.reports.printable import cut, one_line
from policy_engine.sources.values import JsonObject

MAX_DESCRIPTION = 4096  # characters; GitLab names no limit, and shows them on one line

_BROKEN = "blocker"
_SEVERITIES = {Level.DENY: "critical", Level.WARN: "minor", Level.AUDIT: "info", Level.IGNORED: "info"}


@record
class CodeQualityWriter:
    """Writes a JSON array in ASCII. GitLab itself compares it with the target branch's: it holds what is there."""

    def write(self, report: Report) -> Iterator[str]:
        """Give the report as one JSON array, of one line an entry."""
        lines = [to_text(_violation(entry)) for entry in entries(report)]
        yield "[" + ",".join(f"\n{line}" for line in lines) + "\n]\n"


def _violation(entry: Entry) -> JsonObject:
    return {
        "description": cut(entry.sentence(), MAX_DESCRIPTION) or entry.rule,
        "check_name": one_line(entry.rule),
        "fingerprint": entry.fingerprint,
        "severity": _BROKEN if entry.level is None else _SEVERITIES[entry.level],
        "location": {
            "path": relative_path(entry.path),
            "lines": {"begin": 1 if entry.start is None else entry.start.line},
        },
    }
