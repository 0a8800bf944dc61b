"""What JSON decodes to."""

from __future__ import annotations

from typing import Any, TypeAlias

# None, bool, int, float, str, a list of such values, or a dict of them with string keys.
JsonValue: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]


def describe(value: JsonValue) -> str:
    """Say what a value is, in JSON's words: `a string`, `nothing`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
    return "an object"
