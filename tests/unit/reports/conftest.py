"""Reports held against the schemas that are published for them, both ways."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

Faults = Callable[[str, Any], list[str]]


@pytest.fixture
def faults(root: Path) -> Faults:
    """Give what tells everything that a report has and its schema has not, and the other way round."""

    def find(name: str, report: object) -> list[str]:
        schema = json.loads((root / "docs" / "schemas" / name).read_text())
        wrong = [str(error) for error in jsonschema_rs.validator_for(schema).iter_errors(report)]
        return wrong + [f"only the schema has `{place}`" for place in _never_seen(schema, [report], schema, "")]

    return find


def _never_seen(part: dict[str, Any], values: Sequence[Any], schema: dict[str, Any], place: str) -> Iterator[str]:
    """Give the members that a schema describes and that none of the values has."""
    if "$ref" in part:
        part = schema["$defs"][part["$ref"].removeprefix("#/$defs/")]
    for choice in part.get("anyOf", ()):
        yield from _never_seen(choice, values, schema, place)
    for name, member in part.get("properties", {}).items():
        there = [value[name] for value in values if isinstance(value, dict) and name in value]
        if there:
            yield from _never_seen(member, there, schema, f"{place}.{name}")
        else:
            yield f"{place}.{name}"
    if "items" in part:
        elements = [element for value in values for element in value]
        yield from _never_seen(part["items"], elements, schema, f"{place}[]")
