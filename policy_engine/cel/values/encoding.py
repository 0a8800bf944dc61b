"""Values as JSON that loses nothing: what `polgate eval --batch` prints.

Plain JSON stands for null, bool, int, string, list and maps with string keys; everything else is an object with
one key that starts with `@`, such as `{"@double": 1.5}`.
"""

from __future__ import annotations

import math
from base64 import b64encode
from typing import Any, TypeAlias

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.values.doubles import format_special
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import ABSENT, Optional
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue

JsonValue: TypeAlias = Any


def encode(value: Any) -> JsonValue:
    """Turn a CEL value into something that a JSON encoder takes.

    Raises TypeError for what is no CEL value.
    """
    class_ = value.__class__
    if value is None or class_ is bool or class_ is str or class_ is int:
        return value
    if class_ is list:
        return [encode(item) for item in value]
    if class_ is dict:
        if not any(key.startswith("@") for key in value):
            return {key: encode(item) for key, item in value.items()}
        return _entries(value)
    if class_ is KeyedMap:
        return _entries(value)
    if class_ is float:
        return {"@double": value if math.isfinite(value) else format_special(value)}
    if class_ is UInt:
        return {"@uint": int(value)}
    if class_ is bytes:
        return {"@bytes": b64encode(value).decode("ascii")}
    if class_ is Timestamp:
        return {"@timestamp": value.text(utc=True)}
    if class_ is Duration:
        return {"@duration": value.text()}
    if class_ is TypeValue:
        return {"@type": value.name}
    if class_ is Optional:
        return {"@optional": [] if value.value is ABSENT else [encode(value.value)]}
    if isinstance(value, EvaluationError):
        return {"@obj": ["error"]}  # optMap leaves some values as errors inside of optionals
    if isinstance(value, OpaqueValue):
        text = value.text()
        name = value.cel_type.name
        return {"@obj": [name] if text is None else [name, text]}
    raise TypeError(f"not a CEL value: {class_.__name__}")


def _entries(value: dict[str, Any] | KeyedMap) -> JsonValue:
    return {"@map": [[encode(key), encode(item)] for key, item in value.items()]}
