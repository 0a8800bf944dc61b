"""What the fields of well-known messages take, and how other values are refused.

Source: the `ConvertToNative` of each type in cel-go common/types.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.optional import ABSENT, Optional
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue

MAX_JSON_INT: Final = (1 << 53) - 1  # cel-go common/types/int.go, maxIntJSON: larger ones become strings


class Refused(Exception):
    """Say that a value does not fit a field; the text is cel-go's."""


class Scalar(NamedTuple):
    """The type of a field. default: what it has unless it is set."""

    go_name: str
    classes: tuple[type, ...]
    default: Value
    finish: Callable[[Value], Value]

    def convert(self, value: Value) -> Value:
        """Give the field's value. Raises Refused."""
        value = _content(value)
        if value.__class__ not in self.classes:
            raise _refusal(value, self.go_name)
        return self.finish(value)


def to_json(value: Value) -> Value:
    """Turn a value into what JSON has: all numbers are doubles, or texts if they are too large. Raises Refused."""
    value = _content(value)
    class_ = value.__class__
    if class_ is int or class_ is UInt:
        return float(value) if abs(value) <= MAX_JSON_INT else str(int(value))
    if value is None or class_ in (bool, float, str):
        return value
    if class_ is list:
        return [to_json(item) for item in value]
    if class_ is dict or class_ is KeyedMap:
        return {_json_key(key): to_json(item) for key, item in value.items()}
    if class_ is bytes:
        return base64.b64encode(value).decode()
    if class_ is Duration:
        return value.seconds_text()
    if class_ is Timestamp:
        return value.text()
    raise _refusal(value, "*structpb.Value")


def _json_key(key: Value) -> str:
    if key.__class__ is str:
        return str(key)
    raise _refusal(key, "string")


def _content(value: Value) -> Value:
    while value.__class__ is Optional:
        value = value.value
    if value is ABSENT:
        raise Refused("optional.none() dereference")
    return value


_REFUSALS: Final[dict[type, str]] = {
    bool: "type conversion error from bool to '{}'",
    bytes: "type conversion error from Bytes to '{}'",
    dict: "type conversion error from map to '{}'",
    float: "type conversion error from Double to '{}'",
    int: "unsupported type conversion from 'int' to {}",
    list: "type conversion error from list to '{}'",
    str: "unsupported native conversion from string to '{}'",
    type(None): "type conversion error from 'null_type' to '{}'",
    Duration: "type conversion error from 'Duration' to '{}'",
    KeyedMap: "type conversion error from map to '{}'",
    Timestamp: "type conversion error from 'Timestamp' to '{}'",
    TypeValue: "type conversion not supported for 'type'",
    UInt: "unsupported type conversion from 'uint' to {}",
}


def _refusal(value: Value, go_name: str) -> Refused:
    text = _REFUSALS.get(value.__class__)
    if text is None:
        text = f"type conversion error from '{value.__class__.__name__}' to '{{}}'"
    return Refused(text.format(go_name))


def _same(value: Value) -> Value:
    return value


def _int32(value: int) -> int:
    if not -(1 << 31) <= value < 1 << 31:
        raise Refused("integer overflow")
    return value


def _uint32(value: UInt) -> UInt:
    if value >= 1 << 32:
        raise Refused("unsigned integer overflow")
    return value


def _float32(value: float) -> float:
    try:
        return float(struct.unpack("f", struct.pack("f", value))[0])
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


BOOL: Final = Scalar("bool", (bool,), False, _same)
BYTES: Final = Scalar("[]uint8", (bytes,), b"", _same)
DOUBLE: Final = Scalar("float64", (float,), 0.0, _same)
FLOAT: Final = Scalar("float32", (float,), 0.0, _float32)
INT32: Final = Scalar("int32", (int,), 0, _int32)
INT64: Final = Scalar("int64", (int,), 0, _same)
JSON_LIST: Final = Scalar("*structpb.ListValue", (list,), None, to_json)
JSON_STRUCT: Final = Scalar("*structpb.Struct", (dict, KeyedMap), None, to_json)
STRING: Final = Scalar("string", (str,), "", _same)
UINT32: Final = Scalar("uint32", (UInt,), UInt(0), _uint32)
UINT64: Final = Scalar("uint64", (UInt,), UInt(0), _same)
