"""Findings as GitHub Actions takes them from a step's output, and shows them at lines of the change.

Source: docs.github.com, workflow commands; actions/toolkit packages/core/src/command.ts for what is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.records import record
from policy_engine.reports.entries import Entry, entries
from policy_engine.reports.findings import Level, Report, Status
from policy_engine.reports.paths import relative_path
from policy_engine.reports.printable import cut, inert_inside, one_line
from policy_engine.reports.verdict import verdict
from policy_engine.wording import counted

MAX_SHOWN = 10  # of errors, and of warnings, a step: docs.github.com, "Limits on annotations"
MAX_MESSAGE = 4096  # characters; GitHub takes 64 KB, and nobody reads them
MAX_TITLE = 255  # GitHub REST checks/create, output.annotations.title


@record
class AnnotationsWriter:
    """Writes workflow commands, one a line: the gravest first, and a notice with what they come to."""

    def write(self, report: Report) -> Iterator[str]:
        """Give the commands. No more than GitHub shows: the last line says how many there are besides."""
        errors, warnings = [], []
        for entry in entries(report):
            if entry.blocks:
                errors.append(entry)
            elif entry.level in (Level.DENY, Level.WARN) and entry.status is Status.NEW:
                warnings.append(entry)
        for name, found in (("error", errors), ("warning", warnings)):
            for entry in found[:MAX_SHOWN]:
                yield _command(name, entry)
        yield f"::notice title=Polgate::{_data(_closing(report, errors, warnings))}\n"


def _command(name: str, entry: Entry) -> str:
    title = _property(cut(one_line(entry.rule), MAX_TITLE))
    return f"::{name} {_place(entry)}title={title}::{_data(cut(entry.sentence(), MAX_MESSAGE))}\n"


def _place(entry: Entry) -> str:
    place = f"file={_property(one_line(relative_path(entry.path)))}," if entry.path else ""
    if entry.start is None or not entry.path:
        return place
    place += f"line={entry.start.line},endLine={entry.start.line},col={entry.start.column},"
    return place + (f"endColumn={entry.end.column}," if entry.end is not None else "")


def _closing(report: Report, errors: Sequence[Entry], warnings: Sequence[Entry]) -> str:
    told = one_line(verdict(report))
    more = [
        counted(len(found) - MAX_SHOWN, f"more {noun}")
        for found, noun in ((errors, "error"), (warnings, "warning"))
        if len(found) > MAX_SHOWN
    ]
    return f"{told} ({' and '.join(more)} not shown here)" if more else told


def _data(text: str) -> str:
    return inert_inside(text).replace("%", "%25")


def _property(text: str) -> str:
    """Escape what would end a property. Line ends are no longer there: the text is printable."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
