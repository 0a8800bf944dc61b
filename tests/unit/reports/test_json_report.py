from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs

SCHEMA = "docs/schemas/check-report.v1.schema.json"


def test_the_reviewed_report_is_as_the_published_schema_says(root: Path) -> None:
    validator = jsonschema_rs.validator_for(json.loads((root / SCHEMA).read_text()))
    report = json.loads((root / "tests/golden/check.json").read_text())
    assert [str(error) for error in validator.iter_errors(report)] == []


def test_the_reviewed_report_has_an_entry_of_every_sort(root: Path) -> None:
    report = json.loads((root / "tests/golden/check.json").read_text())
    assert all(report[name] for name in ("unboundPolicies", "findings", "skipped", "broken", "leftOut"))


def test_the_schema_describes_nothing_that_a_report_does_not_have(root: Path) -> None:
    schema = json.loads((root / SCHEMA).read_text())
    report = json.loads((root / "tests/golden/check.json").read_text())
    assert set(schema["properties"]) == set(report)
    assert set(schema["$defs"]["finding"]["properties"]) == set(report["findings"][0])
