from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any


def test_the_reviewed_report_is_what_the_schema_says(root: Path, faults: Callable[[str, Any], list[str]]) -> None:
    report = json.loads((root / "tests/golden/check.json").read_text())
    assert faults("check-report.v1.schema.json", report) == []


def test_the_reviewed_report_has_an_entry_of_every_sort(root: Path) -> None:
    report = json.loads((root / "tests/golden/check.json").read_text())
    assert all(
        report[name] for name in ("unboundPolicies", "idleBindings", "findings", "skipped", "broken", "leftOut")
    )
