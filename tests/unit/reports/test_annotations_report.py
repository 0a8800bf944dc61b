from __future__ import annotations

from dataclasses import replace

import pytest

from policy_engine.reports.annotations_report import MAX_SHOWN, AnnotationsWriter
from policy_engine.reports.findings import Blocking, Finding, Level, Report, Status
from policy_engine.sources.text import Excerpt, Place, Span
from tests.golden.rich_report import HOSTILE, NEW, RICH
from tests.unit.reports.runner_commands import Command, commands


def written(report: Report) -> list[Command]:
    text = "".join(AnnotationsWriter().write(report))
    found = commands(text)
    assert len(found) == len(text.splitlines())
    return found


def change(*findings: Finding, **others: object) -> Report:
    return replace(RICH, findings=findings, broken=(), **others)  # type: ignore[arg-type]


def test_a_finding_is_an_error_at_its_place() -> None:
    assert written(change(NEW))[0] == Command(
        "error",
        {
            "file": "deploy/web.yaml",
            "line": "8",
            "endLine": "8",
            "col": "3",
            "endColumn": "14",
            "title": "limit-replicas",
        },
        "Deployment shop/web: expected at most 5 replicas, found 9",
    )


def test_columns_are_given_on_one_line_only() -> None:
    finding = replace(NEW, span=Span(Place(3, 1), Place(9, 1)), excerpt=Excerpt("metadata:", 1))
    properties = written(change(finding))[0].properties
    assert (properties["line"], properties["endLine"], properties["endColumn"]) == ("3", "3", "10")


def test_what_only_warns_is_a_warning_but_where_it_blocks() -> None:
    warning = replace(NEW, level=Level.WARN)
    assert [one.name for one in written(change(warning))] == ["warning", "notice"]
    assert [one.name for one in written(change(warning, blocking=Blocking(level=Level.WARN)))] == [
        "error",
        "notice",
    ]


def test_what_was_there_before_is_shown_only_where_it_blocks() -> None:
    existing = replace(NEW, status=Status.EXISTING)
    assert [one.name for one in written(change(existing))] == ["notice"]
    assert [one.name for one in written(change(existing, blocking=Blocking(existing=True)))] == ["error", "notice"]


def test_no_more_are_written_than_github_shows_and_the_rest_is_counted() -> None:
    warning = replace(NEW, level=Level.WARN)
    found = written(change(*[warning] * (MAX_SHOWN + 1), *[NEW] * (MAX_SHOWN + 2)))
    assert [one.name for one in found] == ["error"] * MAX_SHOWN + ["warning"] * MAX_SHOWN + ["notice"]
    assert found[-1].data.endswith("(2 more errors and 1 more warning not shown here)")


def test_commas_colons_and_percent_signs_come_through() -> None:
    path = "a,b: 100%/c%2C::d.yaml"
    found = written(change(replace(NEW, path=path, message="100%0A %25")))[0]
    assert found.properties["file"] == path
    assert found.data == "Deployment shop/web: 100%0A %25"


@pytest.mark.parametrize(
    "finding",
    [
        pytest.param(replace(NEW, message=HOSTILE), id="message"),
        pytest.param(replace(NEW, path=HOSTILE), id="path"),
        pytest.param(replace(NEW, policy=HOSTILE), id="policy"),
        pytest.param(replace(NEW, origin=HOSTILE), id="origin"),
    ],
)
def test_no_field_starts_another_command(finding: Finding) -> None:
    assert [one.name for one in written(change(finding))] == ["error", "notice"]
