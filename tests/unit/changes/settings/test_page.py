"""The page about settings shows settings that are read, and names all of them with their defaults."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml

from policy_engine.changes.settings.reading import read_settings

ROOT = Path(__file__).resolve().parents[4]
PAGE = (ROOT / "docs" / "reference" / "settings.md").read_text()
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "gate-settings.v1alpha1.schema.json").read_text())
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
ROWS = dict(re.findall(r"^\| ([^|]+) \| ([^|]*) \|", PAGE, re.MULTILINE))


@pytest.mark.parametrize("text", BLOCKS)
def test_every_example_is_read_as_settings(text: str) -> None:
    read_settings(".polgate.yaml", text.encode())
    assert [error.message for error in jsonschema_rs.validator_for(SCHEMA).iter_errors(yaml.safe_load(text))] == []


def fields(schema: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give the fields of a schema by their dotted names; those of lists and maps belong to their parent's row."""
    found: dict[str, Any] = {}
    for name, part in schema["properties"].items():
        if "properties" in part:
            found.update(fields(part, f"{prefix}{name}."))
        else:
            found[prefix + name] = part
    return found


@pytest.mark.parametrize("name", [name for name in fields(SCHEMA) if name not in ("apiVersion", "kind")])
def test_every_field_has_a_row_with_its_default(name: str) -> None:
    row = ROWS[f"`{name}`"]
    part = fields(SCHEMA)[name]
    if "default" in part:
        default = part["default"]
        assert row == f"`{default if isinstance(default, str) else json.dumps(default)}`"
    else:
        assert row.strip()
        assert "`" not in row


def test_every_row_is_of_a_field() -> None:
    named = {name for row in ROWS for name in re.findall(r"`([^`]+)`", row)}
    assert named == set(fields(SCHEMA)) - {"apiVersion", "kind"}
