"""What a report holds against files, findings and broken files alike, for formats that know only one sort."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.records import record
from policy_engine.reports.findings import Finding, Level, Report, Status
from policy_engine.reports.fingerprints import Fingerprints
from policy_engine.reports.gravity import gravity
from policy_engine.reports.printable import one_line
from policy_engine.sources.document import Broken
from policy_engine.sources.text import Place

OWN_RULES = "polgate/"
"""What the names of our own rules begin with. No policy's name has a slash."""

REFUSED = f"{OWN_RULES}request-refused"
"""The rule of findings that no policy made: the request itself is refused, as an API server would."""


@record(kw_only=True)
class Entry:
    """Something held against a file.

    rule: the policy's name, or one of our own. level: None where the file cannot be judged.
    subject: the object; empty where there is none. message, help: as they are, on any number of lines.
    start, end: on one line; the end is exclusive. start: None where it is about the whole file.
    """

    rule: str
    level: Level | None
    status: Status
    blocks: bool
    subject: str
    message: str
    help: str
    origin: str
    is_deleted: bool
    path: str
    start: Place | None
    end: Place | None
    fingerprint: str

    def sentence(self) -> str:
        """Give all of it but the place as one printable line."""
        about = one_line(self.subject) + (" (deleted, place in the base)" if self.is_deleted else "")
        message = one_line(self.message)
        text = f"{about}: {message}" if about else message
        if self.origin:
            text += f" (rendered from {one_line(self.origin)})"
        return f"{text}; {one_line(self.help)}" if self.help else text


def entries(report: Report) -> tuple[Entry, ...]:
    """Give what is held against files, the gravest first: what cannot be judged, then findings. None is fixed."""
    fingerprints = Fingerprints()
    there = [
        (finding, fingerprints.of(finding)) for finding in report.findings if finding.status is not Status.FIXED
    ]
    there.sort(key=lambda pair: gravity(report, pair[0]))
    return (
        *(_of_broken(broken, fingerprints) for broken in report.broken),
        *(_of_finding(report, finding, fingerprint) for finding, fingerprint in there),
    )


def by_path(found: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Sort entries by their files, the files in the order of their first entries."""
    files: dict[str, list[Entry]] = {}
    for entry in found:
        files.setdefault(entry.path, []).append(entry)
    return files


def _of_broken(broken: Broken, fingerprints: Fingerprints) -> Entry:
    place = broken.place
    return Entry(
        rule=OWN_RULES + broken.code,
        level=None,
        status=Status.NEW,
        blocks=True,
        subject="",
        message=broken.message,
        help=broken.help,
        origin="",
        is_deleted=False,
        path=broken.path,
        start=place,
        end=None if place is None else Place(place.line, place.column + 1),
        fingerprint=fingerprints.of_broken(broken),
    )


def _of_finding(report: Report, finding: Finding, fingerprint: str) -> Entry:
    return Entry(
        rule=finding.policy or REFUSED,
        level=finding.level,
        status=finding.status,
        blocks=report.blocks(finding),
        subject=str(finding.object),
        message=finding.message,
        help="",
        origin=finding.origin,
        is_deleted=finding.operation == "DELETE",
        path=finding.path,
        start=finding.span.start,
        end=_end_on_first_line(finding),
        fingerprint=fingerprint,
    )


def _end_on_first_line(finding: Finding) -> Place:
    """Find the end of what a finding marks on its first line: forges want columns on one line only."""
    start, end = finding.span.start, finding.span.end
    if end.line == start.line:
        return Place(start.line, max(end.column, start.column + 1))
    shown = len(finding.excerpt.text) - finding.excerpt.column + 1
    return Place(start.line, start.column + max(shown, 1))
