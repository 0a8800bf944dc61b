"""Protocol buffers' well-known messages, as far as expressions can write them: `google.protobuf.Duration{}`.

All but the empty one turn into plain CEL values at once. Other message types do not exist here.
Source: cel-go common/types/provider.go, `NewValue` and `msgSetField`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.message_fields import (
    BOOL,
    BYTES,
    DOUBLE,
    FLOAT,
    INT32,
    INT64,
    JSON_LIST,
    JSON_STRUCT,
    STRING,
    UINT32,
    UINT64,
    Refused,
    Scalar,
    to_json,
)
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.types import struct
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.timestamps import NS, Timestamp
from policy_engine.cel.values.typing import type_name

Fields = Mapping[str, Value]
Maker = Callable[[Fields], Value]

_PACKAGE: Final = "google.protobuf."


class Empty(OpaqueValue):
    """`google.protobuf.Empty{}`, equal to any other."""

    __slots__ = ()
    cel_type = struct(_PACKAGE + "Empty")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Empty)

    def __hash__(self) -> int:
        return hash(Empty)


def message_maker(name: str) -> Maker:
    """Give what makes a message of its fields.

    Of a type that only the checker knows (`kubernetes.Namespace`) nothing can be made: that is an error, told
    when the fields have been evaluated.
    """
    known = _MAKERS.get(name.removeprefix(_PACKAGE)) if name.startswith(_PACKAGE) else None
    return known or _unknown(name)


def _unknown(name: str) -> Maker:
    def refuse(fields: Fields) -> Value:
        raise EvaluationError(f"unknown type '{name}'")

    return refuse


def _wrapper(message: str, scalar: Scalar) -> Maker:
    return lambda fields: _scalar(message, fields, "value", scalar)


def _scalar(message: str, fields: Fields, name: str, scalar: Scalar) -> Value:
    try:
        return scalar.convert(fields[name]) if name in fields else scalar.default
    except Refused as error:
        raise _field_error(message, name, error) from None


def _field_error(message: str, field: str, cause: Refused) -> EvaluationError:
    return EvaluationError(f"field type conversion error for {_PACKAGE}{message}.{field} value type: {cause}")


def _seconds_and_nanos(message: str, fields: Fields) -> int:
    seconds = _scalar(message, fields, "seconds", INT64)
    return int(seconds * NS + _scalar(message, fields, "nanos", INT32))


def _duration(fields: Fields) -> Duration:
    # Go's AsDuration saturates.
    return Duration(max(INT_MIN, min(INT_MAX, _seconds_and_nanos("Duration", fields))))


def _timestamp(fields: Fields) -> Timestamp:
    return Timestamp(_seconds_and_nanos("Timestamp", fields))


def _list(fields: Fields) -> Value:
    return _collection("ListValue", fields, "values", [], list)


def _struct(fields: Fields) -> Value:
    return _collection("Struct", fields, "fields", {}, dict, KeyedMap)


def _collection(message: str, fields: Fields, name: str, default: Value, *classes: type) -> Value:
    value = fields.get(name, default)
    if value.__class__ not in classes:
        raise EvaluationError(f"unsupported field type for {_PACKAGE}{message}.{name}: {type_name(value)}")
    try:
        return to_json(value)
    except Refused as error:
        raise _field_error(message, name, error) from None


_VALUE_FIELDS: Final[dict[str, Scalar]] = {
    "bool_value": BOOL,
    "list_value": JSON_LIST,
    "number_value": DOUBLE,
    "string_value": STRING,
    "struct_value": JSON_STRUCT,
}


def _value(fields: Fields) -> Value:
    """Make the one value that is set; of several, which Go picks at random, the last."""
    result: Value = None
    for name in fields:
        scalar = _VALUE_FIELDS.get(name)
        result = None if scalar is None else _scalar("Value", fields, name, scalar)
    return result


def _any(fields: Fields) -> Value:
    # Nothing can be packed into it: there are no message types to unpack.
    raise EvaluationError("unsupported conversion to ref.Val: (*dynamicpb.Message)")


_MAKERS: Final[dict[str, Maker]] = {
    "Any": _any,
    "BoolValue": _wrapper("BoolValue", BOOL),
    "BytesValue": _wrapper("BytesValue", BYTES),
    "DoubleValue": _wrapper("DoubleValue", DOUBLE),
    "Duration": _duration,
    "Empty": lambda fields: Empty(),
    "FloatValue": _wrapper("FloatValue", FLOAT),
    "Int32Value": _wrapper("Int32Value", INT32),
    "Int64Value": _wrapper("Int64Value", INT64),
    "ListValue": _list,
    "StringValue": _wrapper("StringValue", STRING),
    "Struct": _struct,
    "Timestamp": _timestamp,
    "UInt32Value": _wrapper("UInt32Value", UINT32),
    "UInt64Value": _wrapper("UInt64Value", UINT64),
    "Value": _value,
}
