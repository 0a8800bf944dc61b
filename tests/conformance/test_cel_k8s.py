"""Recorded answers of Kubernetes 1.36's own CEL environment: value, type, stage, error text, static type, cost."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from policy_engine.authoring.expression_batch import answer_case
from policy_engine.errors import InternalError

INPUTS = ("expr", "vars", "variables", "authz", "returns")
MAX_SHOWN = 20

Case = dict[str, Any]
Answer = dict[str, Any]


@pytest.fixture(scope="module")
def answered(suites: Path) -> list[tuple[Case, Answer]]:
    objects = json.loads((suites / "cel-k8s/objects.json").read_text())
    cases = [json.loads(line) for line in (suites / "cel-k8s/cel_k8s.jsonl").read_text().splitlines()]
    assert cases
    return [(case, answer(case, objects)) for case in cases]


def answer(case: Case, objects: Mapping[str, Any]) -> Answer:
    try:
        return answer_case({key: resolve(case[key], objects) for key in INPUTS if key in case}, version="1.36")
    except InternalError as error:
        # The exact answer is what counts here; that both evaluators agree has a test of its own.
        return {"internal": error.message}


def resolve(value: Any, objects: Mapping[str, Any]) -> Any:
    """Put shared inputs where a case refers to them."""
    if isinstance(value, dict):
        if value.keys() == {"$ref"}:
            return objects[value["$ref"]]
        return {key: resolve(item, objects) for key, item in value.items()}
    return value


def comparable(value: Any) -> Any:
    """Bring maps with any keys into one order, and keep 1, 1.0 and true apart."""
    if isinstance(value, dict):
        if value.keys() == {"@map"}:
            return ("@map", sorted(json.dumps(comparable(pair)) for pair in value["@map"]))
        return {key: comparable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, float) and value == int(value):
        return value.__class__.__name__, repr(value)
    return value.__class__.__name__, value


def outcome(answer: Answer) -> Any:
    """Give what must agree without exception: the value with its type, or the stage that failed."""
    if "value" in answer:
        return comparable(answer["value"]), answer["type"]
    return answer.get("stage"), answer.get("internal")


def report(kind: str, wrong: list[tuple[Case, Answer]], total: int) -> str:
    areas = Counter(case["area"] for case, _ in wrong)
    lines = [f"{kind}: {total - len(wrong)} of {total} agree; others by area: {dict(areas)}"]
    for case, got in wrong[:MAX_SHOWN]:
        lines += [f"{case['id']}: {case['expr'][:200]}", f"  want {case['want']}", f"  got  {got}"]
    return "\n".join(lines)


def check(kind: str, wrong: list[tuple[Case, Answer]], total: int, *, at_least: float) -> None:
    text = report(kind, wrong, total)
    print(text.splitlines()[0])
    assert total
    assert (total - len(wrong)) / total >= at_least, text


def test_every_value_type_and_stage_agrees(answered: list[tuple[Case, Answer]]) -> None:
    wrong = [(case, got) for case, got in answered if outcome(case["want"]) != outcome(got)]
    check("value, type and stage", wrong, len(answered), at_least=1.0)


def test_every_static_type_agrees(answered: list[tuple[Case, Answer]]) -> None:
    typed = [(case, got) for case, got in answered if "static" in case]
    wrong = [(case, got) for case, got in typed if case["static"] != got.get("static")]
    check("static type", wrong, len(typed), at_least=1.0)


def test_costs_agree(answered: list[tuple[Case, Answer]]) -> None:
    costed = [(case, got) for case, got in answered if case.get("cost") is not None]
    wrong = [(case, got) for case, got in costed if case["cost"] != got.get("cost")]
    check("cost", wrong, len(costed), at_least=1.0)


def test_texts_of_evaluation_errors_agree(answered: list[tuple[Case, Answer]]) -> None:
    failed = [(case, got) for case, got in answered if case["want"].get("stage") in ("eval", "budget")]
    wrong = [(case, got) for case, got in failed if case["want"]["error"] != got.get("error")]
    check("text of evaluation errors", wrong, len(failed), at_least=1.0)


def test_texts_of_compile_errors_agree(answered: list[tuple[Case, Answer]]) -> None:
    failed = [(case, got) for case, got in answered if case["want"].get("stage") == "compile"]
    wrong = [(case, got) for case, got in failed if case["want"]["error"] != got.get("error")]
    check("text of compile errors", wrong, len(failed), at_least=1.0)
