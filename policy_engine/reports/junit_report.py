"""JUnit's XML, for every CI system that shows test results: a suite for each file, a test for each finding.

Source: junit-10.xsd of Jenkins' xUnit plugin, which Surefire's own schema contains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.records import record
from policy_engine.reports.entries import Entry, by_path, entries
from policy_engine.reports.findings import Level, Outcome, Report, Status
from policy_engine.reports.paths import relative_path
from policy_engine.reports.printable import cut, one_line, printable
from policy_engine.reports.verdict import count_levels, shown_place, verdict
from policy_engine.wording import counted

MAX_TEXT = 65_536  # characters of one message; none of the systems names a limit

_NAME = "polgate"
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "#": "&#35;"})
_LEVELS = {Level.DENY: "deny", Level.WARN: "warn"}


@record(kw_only=True)
class _Case:
    """One test. outcome: the element that says how it went, or empty where it passed."""

    name: str
    folder: str
    outcome: str = ""
    type: str = ""
    message: str = ""
    text: str = ""


@record
class JUnitWriter:
    """Writes XML without times: two runs over the same files write the same.

    What blocks is a failure, what cannot be judged an error, what does not count skipped. One test stands for the
    run as a whole: some systems take a file without tests for a fault.
    """

    def write(self, report: Report) -> Iterator[str]:
        """Give the report as one document."""
        suites = [(_NAME, list(_own_cases(report)))]
        found = [entry for entry in entries(report) if entry.level is None or entry.level in _LEVELS]
        for path, held in by_path(found).items():
            suites.append((printable(relative_path(path)), list(_cases(held))))
        every = [case for _, cases in suites for case in cases]
        yield '<?xml version="1.0" encoding="UTF-8"?>\n'
        yield f"<testsuites {_attributes(name=_NAME, **_counts(every, with_skipped=False))}>\n"
        for name, cases in suites:
            yield f"  <testsuite {_attributes(name=name, **_counts(cases))}>\n"
            yield from map(_written, cases)
            yield "  </testsuite>\n"
        yield "</testsuites>\n"


def _own_cases(report: Report) -> Iterator[_Case]:
    """Give what is about no file: the verdict, and what could not be decided."""
    told = one_line(verdict(report))
    text = "\n".join([told, *_remarks(report)])
    if report.outcome is Outcome.PASSED:
        yield _Case(name="verdict", folder=_NAME, text=text)
    else:
        yield _Case(
            name="verdict", folder=_NAME, outcome="failure", type=report.outcome.value, message=told, text=text
        )
    for count in report.skips:
        skip = count.skip
        where = shown_place(count.path, count.place)
        yield _Case(
            name=one_line(f"{skip.policy} {skip.rule}"),
            folder=_NAME,
            outcome="failure" if report.blocking.skipped else "skipped",
            type="skipped",
            message=one_line(f"{skip.reason}, for {counted(count.objects, 'object')}, first {where}"),
        )


def _remarks(report: Report) -> Iterator[str]:
    for notice in report.notices:
        where = f"{shown_place(notice.path, notice.place)}: " if notice.path else ""
        yield one_line(f"notice [{notice.code}] {where}{notice.message}; {notice.help}").removesuffix(";")
    fixed = [finding for finding in report.findings if finding.status is Status.FIXED]
    if fixed:
        yield f"fixed: {count_levels(fixed)}"


def _cases(held: Sequence[Entry]) -> Iterator[_Case]:
    """Give the tests of one file. Systems tell tests apart by their names: equal ones are numbered."""
    seen: dict[str, int] = {}
    for entry in held:
        name = one_line(f"{entry.rule}: {entry.subject}" if entry.subject else entry.rule)
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            name += f" ({seen[name]})"
        # Jenkins takes what is before the last dot for a package.
        folder = f"{_NAME}.{printable(relative_path(entry.path)).replace('.', '_')}"
        told = entry.sentence()
        text = f"{printable(shown_place(relative_path(entry.path), entry.start))}: {told}"
        if entry.blocks:
            kind = "error" if entry.level is None else "failure"
            type_ = one_line(entry.rule) if entry.level is None else _LEVELS[entry.level]
            yield _Case(name=name, folder=folder, outcome=kind, type=type_, message=told, text=text)
        elif entry.status is Status.EXISTING:
            yield _Case(name=name, folder=folder, outcome="skipped", type="existing", message=told, text=text)
        else:
            yield _Case(name=name, folder=folder, text=text)


def _written(case: _Case) -> str:
    opening = f"    <testcase {_attributes(name=case.name, classname=case.folder)}"
    text = cut(case.text, MAX_TEXT).translate(_ESCAPES)
    if not case.outcome:
        return f"{opening}>\n      <system-out>{text}</system-out>\n    </testcase>\n"
    attributes = _attributes(type=case.type, message=case.message)
    return f"{opening}>\n      <{case.outcome} {attributes}>{text}</{case.outcome}>\n    </testcase>\n"


def _counts(cases: Sequence[_Case], *, with_skipped: bool = True) -> dict[str, str]:
    def number(outcome: str) -> str:
        return str(sum(case.outcome == outcome for case in cases))

    counts = {"tests": str(len(cases)), "failures": number("failure"), "errors": number("error")}
    return {**counts, "skipped": number("skipped")} if with_skipped else counts


def _attributes(**values: str) -> str:
    """Give attributes. Values are printable, and so hold nothing that XML forbids.

    The number sign is escaped too: CI systems find commands that begin with two of them anywhere in a log.
    """
    return " ".join(f'{name}="{cut(value, MAX_TEXT).translate(_ESCAPES)}"' for name, value in values.items())
