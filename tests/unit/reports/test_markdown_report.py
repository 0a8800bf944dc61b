from __future__ import annotations

from dataclasses import replace

import pytest

from policy_engine.reports.findings import Blocking, Finding, Level, Report, Status, combine
from policy_engine.reports.markdown_report import MAX_COMMENT, MAX_SUMMARY, MarkdownWriter
from policy_engine.reports.markdown_text import cell, cell_lines, code
from tests.golden.rich_report import NEW, RICH
from tests.unit.reports.markdown_reading import cells, outside_of_code


def written(report: Report, limit: int = MAX_COMMENT) -> str:
    return "".join(MarkdownWriter(limit=limit).write(report))


def change(*findings: Finding, **others: object) -> Report:
    return replace(RICH, findings=findings, broken=(), notices=(), skips=(), **others)  # type: ignore[arg-type]


def test_the_verdict_comes_first() -> None:
    assert written(change(NEW)).startswith("### ⛔ Polgate: blocked\n\n**1 denial new**.")
    assert written(change()).startswith("### ✅ Polgate: passed\n\nNothing was found.")
    assert written(combine([], policies=0)).startswith("### ✅ Polgate: passed\n")


def test_what_blocks_is_bold_and_what_does_not_is_not() -> None:
    existing = replace(NEW, status=Status.EXISTING)
    assert "**1 denial new**; 1 denial not new." in written(change(NEW, existing))
    assert "**1 denial not new**." in written(change(existing, blocking=Blocking(existing=True)))


def test_new_findings_are_tables_by_file() -> None:
    other = replace(NEW, path="a.yaml")
    assert cells(written(change(NEW, other, NEW))) == [
        ["line", "level", "policy", "object", "message"],
        ["8", "deny", "limit-replicas", "Deployment shop/web", "expected at most 5 replicas, found 9"],
        ["line", "level", "policy", "object", "message"],
        *[["8", "deny", "limit-replicas", "Deployment shop/web", "expected at most 5 replicas, found 9"]] * 2,
    ]


def test_what_was_there_before_is_folded() -> None:
    text = written(change(replace(NEW, status=Status.EXISTING)))
    assert "<details><summary>1 denial not new</summary>" in text
    assert text.count("<details>") == text.count("</details>")


@pytest.mark.parametrize("limit", [1000, 2000, 5000, MAX_COMMENT, MAX_SUMMARY])
def test_a_page_is_never_larger_than_its_limit_and_says_what_it_left_out(limit: int) -> None:
    findings = [
        replace(NEW, level=level, path=f"{number % 7}.yaml", message="漢" * 300)
        for number in range(3000)
        for level in (Level.WARN, Level.DENY)
    ]
    text = written(change(*findings, about=()), limit)
    assert len(text.encode()) <= limit
    assert text.endswith("left out to fit the size: see the other reports.**\n")
    rows = [row for row in cells(text) if row[0] != "line"]
    assert f"**{6000 - len(rows)} more rows left out" in text
    assert "warn" not in {row[1] for row in rows} or "deny" in {row[1] for row in rows}


def test_what_is_left_out_leaves_nothing_open() -> None:
    report = change(*[replace(NEW, status=Status.EXISTING)] * 500)
    text = written(report, 3000)
    assert text.count("<details>") == text.count("</details>") == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a", "`a`"),
        ("", ""),
        (" \n ", ""),
        ("the label `team`", "`` the label `team` ``"),
        ("a `` b", "```a `` b```"),
        ("`" * 100, f"`{chr(39) * 100}`"),
        ("a\nb", "`a b`"),
        ("<b>&amp;", "`<b>&amp;`"),
        ("\u202e\x1b", r"`\u202e\x1b`"),
        ("##[x]", r"`#\x23[x]`"),
    ],
)
def test_text_is_a_code_span(text: str, shown: str) -> None:
    assert code(text) == shown
    assert outside_of_code(code(text)) == ""


@pytest.mark.parametrize(
    ("text", "read"),
    [("a | b", "a | b"), (r"a \| b", r"a \ | b"), (r"a\\|b", r"a\\ |b"), ("a\\", "a\\"), ("|", "|")],
)
def test_a_cell_ends_where_we_end_it(text: str, read: str) -> None:
    assert cells(f"| x | y |\n| --- | --- |\n| {cell(text)} | end |\n")[1] == [read, "end"]


def test_a_text_of_many_lines_is_cut() -> None:
    assert cell_lines("a\n" * 50).count("<br>") == 10
    assert cell_lines("a\n" * 50).endswith("<br>…")
