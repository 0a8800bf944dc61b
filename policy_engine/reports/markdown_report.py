"""Markdown for people, as the comment of a bot or the summary of a job: the verdict, and tables by file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from policy_engine.records import record
from policy_engine.reports.findings import Finding, Level, Notice, Outcome, PolicyInfo, Report, SkipCount, Status
from policy_engine.reports.gravity import gravity, is_shown
from policy_engine.reports.markdown_text import Page, cell, cell_lines, code
from policy_engine.reports.paths import relative_path
from policy_engine.reports.verdict import count_levels, shown_place
from policy_engine.sources.document import Broken
from policy_engine.wording import counted

MAX_COMMENT = 65_535  # GitHub: body of a comment, and summary of a check
MAX_SUMMARY = 1_048_576  # bytes; GitHub Actions: GITHUB_STEP_SUMMARY, a step

_RESERVE = 500  # bytes: for the last line
_FINDINGS = "| line | level | policy | object | message |\n| --: | --- | --- | --- | --- |\n"
_GRAVE = (Level.DENY, Level.WARN)
_SIGNS = {Outcome.PASSED: "✅", Outcome.BLOCKED: "⛔", Outcome.FAILED: "❌"}


@record(kw_only=True)
class MarkdownWriter:
    """Writes GitHub Flavored Markdown, which GitLab and Gitea read as well.

    limit: bytes; what has no room is left out, the least grave first, and counted in the last line.
    """

    limit: int = MAX_COMMENT

    def write(self, report: Report) -> Iterator[str]:
        """Give the report. It has no link, no image and no HTML but `<details>` and `<br>`."""
        page = Page(self.limit, reserve=_RESERVE)
        page.add(f"### {_SIGNS[report.outcome]} Polgate: {report.outcome}\n\n", [_summary(report) + "\n"])
        page.add(
            "#### Cannot be judged\n\n| where | code | why |\n| --- | --- | --- |\n", map(_broken, report.broken)
        )
        page.add("#### To be seen\n\n", map(_notice, report.notices))
        for path, findings in _by_path(report):
            page.add(f"#### {code(relative_path(path))}\n\n{_FINDINGS}", map(_finding, findings))
        for status, told in ((Status.EXISTING, "not new"), (Status.FIXED, "fixed")):
            _add_folded(page, report, status, told)
        skipped = sum(count.objects for count in report.skips)
        _add_details(
            page,
            f"{counted(skipped, 'decision')} skipped",
            "| policy | rule | why | objects | first |\n| --- | --- | --- | --: | --- |\n",
            map(_skip, report.skips),
        )
        _add_details(page, "About the policies", "", map(_about, _concerned(report)))
        yield from page
        if page.omitted:
            yield f"**{counted(page.omitted, 'more row')} left out to fit the size: see the other reports.**\n"


def _summary(report: Report) -> str:
    grave = [finding for finding in report.findings if finding.level in _GRAVE]
    parts = []
    if report.broken:
        parts.append(f"**{counted(len(report.broken), 'place')} cannot be judged**")
    for status, told in ((Status.NEW, "new"), (Status.EXISTING, "not new"), (Status.FIXED, "fixed")):
        found = [finding for finding in grave if finding.status is status]
        if found and report.change is None:
            parts.append(f"**{count_levels(found)}**")
        elif found:
            words = f"{count_levels(found)} {told}"
            parts.append(f"**{words}**" if any(map(report.blocks, found)) else words)
    if report.skips:
        skipped = counted(sum(count.objects for count in report.skips), "decision") + " skipped"
        parts.append(f"**{skipped}**" if report.blocking.skipped else skipped)
    return f"{'; '.join(parts) or 'Nothing was found'}. {_judged(report)}"


def _judged(report: Report) -> str:
    policies = counted(report.policies, "policy", "policies")
    change = report.change
    if change is None:
        return f"{counted(report.objects, 'object')} in {counted(report.files, 'file')} judged by {policies}."
    return (
        f"{counted(change.files, 'changed file')}: {change.created} created, {change.updated} updated and "
        f"{change.deleted} deleted objects judged by {policies}."
    )


def _by_path(report: Report) -> Iterable[tuple[str, Sequence[Finding]]]:
    """Give what is shown openly, sorted by file, the file with the gravest first."""
    files: dict[str, list[Finding]] = {}
    shown = [finding for finding in report.findings if is_shown(report, finding)]
    for finding in sorted(shown, key=lambda finding: gravity(report, finding)):
        files.setdefault(finding.path, []).append(finding)
    return files.items()


def _add_folded(page: Page, report: Report, status: Status, told: str) -> None:
    found = [
        finding
        for finding in report.findings
        if finding.status is status and finding.level in _GRAVE and not is_shown(report, finding)
    ]
    found.sort(key=lambda finding: gravity(report, finding))
    _add_details(
        page,
        f"{count_levels(found)} {told}",
        "| where | level | policy | object | message |\n| --- | --- | --- | --- | --- |\n",
        (_row(cell(_where(finding)), finding) for finding in found),
    )


def _add_details(page: Page, summary: str, header: str, rows: Iterable[str]) -> None:
    """Add rows that are folded away. summary: without anything from files."""
    page.add(f"<details><summary>{summary}</summary>\n\n{header}", rows, "\n</details>\n\n")


def _finding(finding: Finding) -> str:
    return _row(str(finding.span.start.line), finding)


def _row(where: str, finding: Finding) -> str:
    about = cell(str(finding.object))
    if finding.operation == "DELETE":
        about += "<br>deleted, place in the base"
    if finding.status is Status.EXISTING:
        about += "<br>was there before"
    if finding.origin:
        about += f"<br>rendered from {cell(finding.origin)}"
    policy = cell(finding.policy) or "refused by Kubernetes"
    return f"| {where} | {finding.level} | {policy} | {about} | {cell_lines(finding.message)} |\n"


def _where(finding: Finding) -> str:
    return shown_place(relative_path(finding.path), finding.span.start)


def _broken(broken: Broken) -> str:
    why = cell_lines(broken.message) + (f"<br>{cell_lines(broken.help)}" if broken.help else "")
    return f"| {cell(shown_place(relative_path(broken.path), broken.place))} | {cell(broken.code)} | {why} |\n"


def _notice(notice: Notice) -> str:
    where = f" at {code(shown_place(relative_path(notice.path), notice.place))}" if notice.path else ""
    help_text = f"; {code(notice.help)}" if notice.help else ""
    return f"- {code(notice.code)}{where}: {code(notice.message)}{help_text}\n"


def _skip(count: SkipCount) -> str:
    skip = count.skip
    first = cell(shown_place(relative_path(count.path), count.place))
    return f"| {cell(skip.policy)} | {cell(skip.rule)} | {cell(skip.reason)} | {count.objects} | {first} |\n"


def _concerned(report: Report) -> list[PolicyInfo]:
    """Give the policies that something is shown of and that say more than their name."""
    names = {finding.policy for finding in report.findings if is_shown(report, finding)}
    return [info for info in report.about if info.name in names and (info.title or info.description or info.url)]


def _about(info: PolicyInfo) -> str:
    told = [code(text) for text in (info.title, info.description, info.url) if text]
    return f"- {code(info.name)}: {'<br>'.join(told)}\n"
