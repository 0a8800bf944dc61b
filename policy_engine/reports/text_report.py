"""A report for people: findings by file, each with its source line, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policy_engine.records import record
from policy_engine.reports.findings import Change, Finding, Level, Notice, Outcome, Report, Status
from policy_engine.reports.gravity import is_shown
from policy_engine.reports.printable import inert, printable, width
from policy_engine.reports.verdict import count_levels, shown_place, verdict
from policy_engine.sources.document import Broken, Note
from policy_engine.sources.text import Excerpt, Place, Span
from policy_engine.wording import counted

_RED, _YELLOW, _GREEN = "\x1b[31;1m", "\x1b[33;1m", "\x1b[32;1m"
_BOLD, _DIM, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_SHOWN = {Level.DENY: _RED, Level.WARN: _YELLOW}
_OUTCOMES = {Outcome.PASSED: _GREEN, Outcome.BLOCKED: _RED, Outcome.FAILED: _RED}
_MAX_NAMES = 10  # of what a closing line lists
_MAX_NOTICES = 5  # of one kind


@record
class TextWriter:
    """Writes text. color: with ANSI sequences, for a terminal."""

    color: bool = False

    def write(self, report: Report) -> Iterator[str]:
        """Give the report's lines: broken files and findings in the order of files, then the summary."""
        for line in self._lines(report):
            yield inert(line)

    def _lines(self, report: Report) -> Iterator[str]:
        for broken in report.broken:
            yield from self._broken(broken)
        shown = [finding for finding in report.findings if is_shown(report, finding)]
        for finding in sorted(shown, key=lambda finding: finding.status is not Status.NEW):
            yield from self._finding(finding)
        for notices in _alike(report.notices):
            yield from self._notices(notices)
        yield from self._closing(report)
        if report.change is None:
            yield self._summary(report)
        else:
            yield from self._change(report, report.change)
            yield self._paint(_OUTCOMES[report.outcome], printable(verdict(report))) + "\n"

    def _finding(self, finding: Finding) -> Iterator[str]:
        level = self._paint(_SHOWN[finding.level], finding.level)
        who = f" [{printable(finding.policy)}]" if finding.policy else ""
        where = self._paint(_BOLD, _place(finding.path, finding.span.start))
        yield f"{where}: {level}{who} {printable(str(finding.object))}{_aside(finding)}\n"
        for line in finding.message.splitlines() or [""]:
            yield f"  {printable(line)}\n"
        yield from self._excerpt(finding.excerpt, finding.span, finding.span.start)
        detail = f"{finding.rule}" if finding.policy else ""
        if finding.param:
            detail += f" with param {finding.param}"
        if detail:
            yield self._paint(_DIM, f"  rule: {printable(detail)}") + "\n"
        if finding.origin:
            yield self._paint(_DIM, f"  rendered from: {printable(finding.origin)}") + "\n"
        yield "\n"

    def _broken(self, broken: Broken) -> Iterator[str]:
        where = self._paint(_BOLD, _place(broken.path, broken.place))
        yield f"{where}: {self._paint(_RED, 'broken')} [{printable(broken.code)}] {printable(broken.message)}\n"
        if broken.excerpt is not None and broken.place is not None:
            yield from self._excerpt(broken.excerpt, None, broken.place)
        if broken.note is not None:
            yield from self._note(broken.note)
        if broken.help:
            yield f"  help: {printable(broken.help)}\n"
        yield "\n"

    def _note(self, note: Note) -> Iterator[str]:
        yield f"  {printable(note.text)}:\n"
        yield from self._excerpt(note.excerpt, None, note.place)

    def _notices(self, notices: Sequence[Notice]) -> Iterator[str]:
        """Give notices that ask for the same thing, and what that is once."""
        for notice in notices[:_MAX_NOTICES]:
            where = self._paint(_BOLD, _place(notice.path, notice.place)) + ": " if notice.path else ""
            yield f"{where}notice [{printable(notice.code)}] {printable(notice.message)}\n"
        more = len(notices) - _MAX_NOTICES
        if more > 0:
            yield f"and {more} more [{printable(notices[0].code)}]: --output json has all\n"
        if notices[0].help:
            yield f"  help: {printable(notices[0].help)}\n"
        yield "\n"

    def _excerpt(self, excerpt: Excerpt, span: Span | None, place: Place) -> Iterator[str]:
        """Show a source line with a caret under the place, and a line under what belongs to it.

        A line without a column stands for one that is not to be shown, and has no caret.
        """
        text, column = excerpt
        number = str(place.line)
        yield f"  {number} | {printable(text)}\n"
        if column < 1:
            return
        lead = printable(text[: column - 1])
        length = len(text) - column + 1
        if span is not None and span.end.line == span.start.line:
            length = min(length, span.end.column - span.start.column)
        elif span is None:
            length = 1
        marked = printable(text[column - 1 : column - 1 + length].rstrip())
        underline = "^" + "~" * (width(marked) - 1)
        yield f"  {' ' * len(number)} | {' ' * width(lead)}{self._paint(_RED, underline)}\n"

    def _closing(self, report: Report) -> Iterator[str]:
        for count in report.skips:
            skip = count.skip
            rule = f" {skip.rule}" if skip.rule else ""
            yield (
                f"skipped: [{printable(skip.policy)}]{printable(rule)} for {counted(count.objects, 'object')}: "
                f"{printable(skip.reason)} (first: {_place(count.path, count.place)})\n"
            )
        if report.unbound:
            names = ", ".join(printable(name) for name in report.unbound[:_MAX_NAMES])
            more = len(report.unbound) - _MAX_NAMES
            rest = f" and {more} more" if more > 0 else ""
            yield (
                f"note: {counted(len(report.unbound), 'policy', 'policies')} without a binding, taken as bound to "
                f"everything with Deny: {names}{rest}\n"
            )
        for idle in report.idle_bindings:
            yield (
                f"note: binding {printable(idle.name)} does nothing: policy {printable(idle.policy)} is not among "
                "the policies given; check `spec.policyName`\n"
            )
        for level, what in ((Level.AUDIT, "audited only"), (Level.IGNORED, "errors ignored by failurePolicy")):
            if report.count(level):
                yield f"note: {report.count(level)} {what}: see --output json\n"
        if report.change is None and not report.files and not report.broken:
            yield "note: no files to judge: folders are searched for .yaml, .yml and .json\n"

    def _change(self, report: Report, change: Change) -> Iterator[str]:
        """Give what a change did, and what it found there and left as it was."""
        grave = [finding for finding in report.findings if finding.level in _SHOWN]
        existing = [finding for finding in grave if finding.status is Status.EXISTING]
        fixed = [finding for finding in grave if finding.status is Status.FIXED]
        if existing and not report.blocking.existing:
            told = "that the change did not bring; --all shows them and counts them"
            yield f"existing: {count_levels(existing)} {told}\n"
        if fixed:
            yield f"fixed: {count_levels(fixed)} of the base {'is' if len(fixed) == 1 else 'are'} gone\n"
        text = (
            f"{counted(change.files, 'changed file')}: {change.created} created, {change.updated} updated and "
            f"{change.deleted} deleted objects judged by {counted(report.policies, 'policy', 'policies')}"
        )
        skipped = sum(count.objects for count in report.skips)
        yield text + (f"; {counted(skipped, 'decision')} skipped" if skipped else "") + _left_out(report) + "\n"

    def _summary(self, report: Report) -> str:
        parts = [self._number(_RED, report.denied, "denied")]
        parts.append(self._number(_YELLOW, report.warned, "warned"))
        skipped = sum(count.objects for count in report.skips)
        parts.append(f"{counted(skipped, 'decision')} skipped")
        text = (
            f"{counted(report.objects, 'object')} in {counted(report.files, 'file')} judged by "
            f"{counted(report.policies, 'policy', 'policies')}: {', '.join(parts)}"
        )
        if report.broken:
            text += "; " + self._number(_RED, len(report.broken), "broken")
        return text + _left_out(report) + "\n"

    def _number(self, color: str, number: int, what: str) -> str:
        text = f"{number} {what}"
        return self._paint(color, text) if number else text

    def _paint(self, color: str, text: str) -> str:
        return f"{color}{text}{_PLAIN}" if self.color else text


def _alike(notices: Iterable[Notice]) -> Iterable[Sequence[Notice]]:
    """Put notices together that have the same code and the same help."""
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        groups.setdefault((notice.code, notice.help), []).append(notice)
    return groups.values()


def _aside(finding: Finding) -> str:
    """Say what is not to be expected of a finding: that its place is in the base, or that it is not new."""
    told = []
    if finding.operation == "DELETE":
        told.append("is deleted: the place is in the base")
    if finding.status is Status.EXISTING:
        told.append("was there before")
    return f" ({'; '.join(told)})" if told else ""


def _left_out(report: Report) -> str:
    links = sum(left_out.place is None for left_out in report.left_out)
    documents = len(report.left_out) - links
    text = ""
    if documents:
        text += f"; {counted(documents, 'document')} left out: no Kubernetes object"
    if links:
        text += f"; {counted(links, 'link or submodule', 'links or submodules')} not followed"
    return text


def _place(path: str, place: Place | None) -> str:
    return printable(shown_place(path, place))
