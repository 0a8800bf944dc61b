"""What the decoder says about a field of the wrong type, in the words that all of polgate uses."""

from __future__ import annotations

import re

from policy_engine.admission.request import Operation

# Source: msgspec 0.19 to 0.22, _core.c, `ms_raise_validation_error` and its callers.
_TYPE = re.compile(r"Expected `([^`]*)`, got `([^`]*)`(?: - at `\$\.?(.*)`)?", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `([^`]*)`(?: - at `\$\.?(.*)`)?", re.DOTALL)
_OPERATION = re.compile(r"Invalid enum value '(.*)' - at `\$\.?(.*)`", re.DOTALL)
_WORDS = {
    "array": "a list",
    "bool": "a boolean",
    "float": "a number",
    "int": "a number",
    "null": "nothing",
    "object": "an object",
    "str": "a string",
}
_LONGEST = 300  # characters; some of them are the body's own


def explain(error: str) -> str:
    """Say what was expected and what was found, after the path of the field; what is not known stays as it is."""
    if found := _TYPE.fullmatch(error):
        wanted, got, path = found.groups()
        types = " or ".join(_WORDS.get(name, name) for name in wanted.split(" | ") if name != "null")
        text = _at(path, f"expected {types}, found {_WORDS.get(got, got)}")
    elif found := _MISSING.fullmatch(error):
        name, path = found.groups()
        text = _at(f"{path}.{name}" if path else name, "expected a value, found nothing")
    elif found := _OPERATION.fullmatch(error):
        value, path = found.groups()
        text = _at(path, f"expected one of {', '.join(Operation)}, found `{value[:100]}`")
    else:
        text = error
    return text[:_LONGEST]


def _at(path: str | None, text: str) -> str:
    return f"{path}: {text}" if path else text
