from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import jsonschema_rs

from policy_engine.reports.code_quality_report import CodeQualityWriter
from policy_engine.reports.findings import Finding, Level, Report, Status
from policy_engine.sources.text import Place, Span
from tests.golden.rich_report import NEW, RICH

# Source: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format".
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]+$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "properties": {
                    "path": {"type": "string", "pattern": "^(?!\\./|/)"},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


def written(report: Report) -> Any:
    return json.loads("".join(CodeQualityWriter().write(report)))


def change(*findings: Finding) -> Report:
    return replace(RICH, findings=findings, broken=())


def test_a_report_is_what_gitlab_says() -> None:
    validator = jsonschema_rs.validator_for(SCHEMA)
    assert [str(error) for error in validator.iter_errors(written(RICH))] == []
    assert written(change()) == []


def test_a_report_has_no_byte_order_mark() -> None:
    assert "".join(CodeQualityWriter().write(RICH)).startswith("[\n{")


def test_no_two_entries_have_one_fingerprint() -> None:
    prints = [entry["fingerprint"] for entry in written(RICH)]
    assert len(prints) == len(set(prints)) == len(RICH.findings) - 1 + len(RICH.broken)


def test_a_fingerprint_stays_when_lines_move() -> None:
    for finding in (NEW, replace(NEW, fingerprint="")):
        moved = replace(finding, span=Span(Place(80, 3), Place(80, 14)))
        before, after = written(change(finding, finding)), written(change(moved, moved))
        assert [one["fingerprint"] for one in before] == [one["fingerprint"] for one in after]


def test_a_severity_is_how_grave_a_level_is() -> None:
    levels = [replace(NEW, level=level) for level in Level]
    severities = [entry["severity"] for entry in written(replace(RICH, findings=tuple(levels)))]
    assert severities == ["blocker", "blocker", "critical", "minor", "info", "info"]


def test_what_is_fixed_is_left_out() -> None:
    assert written(change(replace(NEW, status=Status.FIXED))) == []


def test_a_path_is_relative_to_the_root() -> None:
    (entry,) = written(change(replace(NEW, path="./deploy/web.yaml")))
    assert entry["location"]["path"] == "deploy/web.yaml"
