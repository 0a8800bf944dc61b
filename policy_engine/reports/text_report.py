"""A report for people: findings by file, each with its source line, and a summary at the end."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.records import record
from policy_engine.reports.findings import Finding, Level, Report
from policy_engine.reports.printable import printable, width
from policy_engine.sources.document import Broken, Note
from policy_engine.sources.text import Excerpt, Place, Span
from policy_engine.wording import counted

_RED, _YELLOW, _BOLD, _DIM, _PLAIN = "\x1b[31;1m", "\x1b[33;1m", "\x1b[1m", "\x1b[2m", "\x1b[0m"
_SHOWN = {Level.DENY: _RED, Level.WARN: _YELLOW}
_MAX_NAMES = 10  # of what a closing line lists


@record
class TextWriter:
    """Writes text. color: with ANSI sequences, for a terminal."""

    color: bool = False

    def write(self, report: Report) -> Iterator[str]:
        """Give the report's lines: broken files and findings in the order of files, then the summary."""
        for broken in report.broken:
            yield from self._broken(broken)
        for finding in report.findings:
            if finding.level in _SHOWN:
                yield from self._finding(finding)
        yield from self._closing(report)

    def _finding(self, finding: Finding) -> Iterator[str]:
        level = self._paint(_SHOWN[finding.level], finding.level)
        who = f" [{printable(finding.policy)}]" if finding.policy else ""
        where = self._paint(_BOLD, _place(finding.path, finding.span.start))
        yield f"{where}: {level}{who} {printable(str(finding.object))}\n"
        for line in finding.message.splitlines() or [""]:
            yield f"  {printable(line)}\n"
        yield from self._excerpt(finding.excerpt, finding.span, finding.span.start)
        detail = f"{finding.rule}" if finding.policy else ""
        if finding.param:
            detail += f" with param {finding.param}"
        if detail:
            yield self._paint(_DIM, f"  rule: {printable(detail)}") + "\n"
        yield "\n"

    def _broken(self, broken: Broken) -> Iterator[str]:
        where = self._paint(_BOLD, _place(broken.path, broken.place))
        yield f"{where}: {self._paint(_RED, 'broken')} [{broken.code}] {printable(broken.message)}\n"
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

    def _excerpt(self, excerpt: Excerpt, span: Span | None, place: Place) -> Iterator[str]:
        """Show a source line with a caret under the place, and a line under what belongs to it."""
        text, column = excerpt
        lead = printable(text[: column - 1])
        length = len(text) - column + 1
        if span is not None and span.end.line == span.start.line:
            length = min(length, span.end.column - span.start.column)
        elif span is None:
            length = 1
        marked = printable(text[column - 1 : column - 1 + length].rstrip())
        number = str(place.line)
        yield f"  {number} | {printable(text)}\n"
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
        if not report.files and not report.broken:
            yield "note: no files to judge: folders are searched for .yaml, .yml and .json\n"
        yield self._summary(report)

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
        links = sum(left_out.place is None for left_out in report.left_out)
        documents = len(report.left_out) - links
        if documents:
            text += f"; {counted(documents, 'document')} left out: no Kubernetes object"
        if links:
            text += f"; {counted(links, 'symbolic link')} not followed"
        return text + "\n"

    def _number(self, color: str, number: int, what: str) -> str:
        text = f"{number} {what}"
        return self._paint(color, text) if number else text

    def _paint(self, color: str, text: str) -> str:
        return f"{color}{text}{_PLAIN}" if self.color else text


def _place(path: str, place: Place | None) -> str:
    shown = printable(path)
    return f"{shown}:{place.line}:{place.column}" if place is not None else shown
