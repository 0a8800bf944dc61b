"""Parts of decoded JSON or YAML. What is not there, or is of another kind, fails the test that asks for it."""

from __future__ import annotations

from policy_engine.sources.values import JsonObject, JsonValue


def part(value: JsonValue, *path: str | int) -> JsonValue:
    """Give what is at a path: `part(pod, "spec", "containers", 0)`."""
    for step in path:
        if isinstance(step, str):
            assert isinstance(value, dict), f"no mapping that could have `{step}`: {value!r}"
            value = value[step]
        else:
            assert isinstance(value, list), f"no list that could have an item {step}: {value!r}"
            value = value[step]
    return value


def text(value: JsonValue, *path: str | int) -> str:
    """Give the text at a path."""
    found = part(value, *path)
    assert isinstance(found, str), f"no text: {found!r}"
    return found


def items(value: JsonValue, *path: str | int) -> list[JsonValue]:
    """Give the list at a path."""
    found = part(value, *path)
    assert isinstance(found, list), f"no list: {found!r}"
    return found


def mapping(value: JsonValue, *path: str | int) -> JsonObject:
    """Give the mapping at a path."""
    found = part(value, *path)
    assert isinstance(found, dict), f"no mapping: {found!r}"
    return found
