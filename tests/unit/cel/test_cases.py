"""Expressions and what Kubernetes' own CEL environment makes of them: one YAML file an area."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.authoring.expression_batch import answer_case

CASES = Path(__file__).resolve().parents[2] / "cases" / "cel"
INPUTS = {"expr", "vars", "variables", "authz", "returns"}
OUTCOMES = {"value", "type", "error", "stage", "static", "cost"}


def all_cases() -> list[Any]:
    files = sorted(CASES.glob("*.yaml"))
    assert files, f"no cases in {CASES}"
    return [
        pytest.param(case, id=f"{file.stem}/{case['id']}")
        for file in files
        for case in yaml.safe_load(file.read_text())
    ]


@pytest.mark.parametrize("case", all_cases())
def test_gives_what_kubernetes_gives(case: dict[str, Any]) -> None:
    want = case["want"]
    assert case.keys() <= INPUTS | {"id", "note", "want"}
    assert want.keys() <= OUTCOMES
    assert want.keys() & {"value", "error"}, "expected one of: value, error"
    answer = answer_case({key: case[key] for key in INPUTS & case.keys()}, version="1.36")
    found = {key: answer.get(key) for key in want}
    assert ordered(found) == ordered(want), case["note"]
    assert ("error" in answer) == ("error" in want)
    assert same_classes(ordered(answer.get("value")), ordered(want.get("value"))), "1 is not 1.0 or true"


def ordered(value: Any) -> Any:
    """Sort what has no order: the entries of maps with keys that are no strings."""
    if isinstance(value, dict) and value.keys() == {"@map"}:
        return {"@map": sorted(value["@map"], key=repr)}
    if isinstance(value, dict):
        return {key: ordered(item) for key, item in value.items()}
    return list(map(ordered, value)) if isinstance(value, list) else value


def same_classes(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        return all(same_classes(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return all(map(same_classes, left, right))
    return left.__class__ is right.__class__
