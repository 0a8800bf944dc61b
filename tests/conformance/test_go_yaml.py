"""Our reader beside the one that kubectl and the API server use, on texts where YAML's readers disagree."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_engine.sources import Broken, DocumentReader
from policy_engine.sources.text import SourceText
from policy_engine.sources.values import JsonValue
from tests.json_parts import mapping

RECORDED = Path(__file__).parent / "go_yaml" / "recorded.jsonl"


def load() -> list[dict[str, JsonValue]]:
    return [json.loads(line) for line in RECORDED.read_text("utf-8").splitlines()]


def typed(value: JsonValue) -> JsonValue:
    """Tell ints from floats as the recording does; floats by their exact value."""
    if value.__class__ is int:
        return {"int": str(value)}
    if value.__class__ is float:
        return {"float": value}
    if isinstance(value, dict):
        return {"map": {key: typed(member) for key, member in value.items()}}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return value


def exact(recorded: JsonValue) -> JsonValue:
    if isinstance(recorded, dict):
        if "float" in recorded:
            return {"float": float.fromhex(str(recorded["float"]))}
        return (
            {key: exact(value) for key, value in recorded.items()}
            if "map" not in recorded
            else {"map": {key: exact(value) for key, value in mapping(recorded, "map").items()}}
        )
    return [exact(item) for item in recorded] if isinstance(recorded, list) else recorded


def read(text: str) -> tuple[str, JsonValue]:
    entries = list(DocumentReader().documents(SourceText("recorded.yaml", text)))
    if not entries:
        return "value", None
    first = entries[0]
    return ("refused", first.message) if isinstance(first, Broken) else ("value", typed(first[0]))


@pytest.mark.parametrize("case", load(), ids=lambda case: repr(case["text"])[:60])
def test_reads_a_text_as_kubernetes_does(case: dict[str, JsonValue]) -> None:
    outcome, value = read(str(case["text"]))
    if "refused" in case:
        assert outcome == "refused"
    else:
        assert (outcome, value) == ("value", exact(case["value"]))
