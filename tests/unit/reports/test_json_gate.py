from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from policy_engine.reports.json_report import JsonWriter, to_json
from policy_engine.reports.json_text import to_text
from tests.golden.rich_report import RICH


def test_a_report_with_an_entry_of_every_sort_is_what_the_schema_says(
    faults: Callable[[str, Any], list[str]],
) -> None:
    report = json.loads("".join(JsonWriter().write(RICH)))
    assert faults("gate-report.v1.schema.json", report) == []


def test_a_change_has_all_that_a_report_of_files_has() -> None:
    change, files = to_json(RICH), to_json(replace(RICH, change=None))
    assert change.keys() > files.keys()
    assert change["broken"] == files["broken"]


def test_findings_are_counted_by_what_the_change_has_to_do_with_them() -> None:
    summary = to_json(RICH)["summary"]
    assert isinstance(summary, dict)
    assert (summary["new"], summary["existing"], summary["fixed"]) == (7, 1, 1)


def test_half_characters_are_replaced_and_whole_ones_kept() -> None:
    assert json.loads(to_text(["\ud800x\udc80", "😀", "\\ud800"])) == ["\ufffdx\ufffd", "😀", "\\ud800"]


def test_no_command_of_a_ci_system_stands_in_json() -> None:
    text = to_text({"a": "##[add-mask]x ###"})
    assert "##" not in text
    assert json.loads(text) == {"a": "##[add-mask]x ###"}
