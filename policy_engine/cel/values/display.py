"""Values and their types as Go prints them inside error messages."""

from __future__ import annotations

from typing import Any, Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.values.doubles import format_shortest
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import ABSENT, Optional
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue


def go_text(value: Any) -> str:
    """Print a value as cel-go's messages do (`no such key: 1.5`).

    Source: Go fmt, verb `%v`, on cel-go's common/types.
    """
    class_ = value.__class__
    if class_ is str:
        return str(value)
    if class_ is bool:
        return "true" if value else "false"
    if class_ is int or class_ is UInt:
        return str(int(value))
    if class_ is float:
        return format_shortest(value)
    if class_ is bytes:
        return f"[{' '.join(map(str, value))}]"
    if value is None:
        return "0"  # the protobuf enum behind null
    if class_ is list:
        return f"[{', '.join(map(go_text, value))}]"
    if class_ is dict or class_ is KeyedMap:
        return "{" + ", ".join(f"{go_text(key)}: {go_text(item)}" for key, item in value.items()) + "}"
    if class_ is Duration:
        return str(value.text())
    if class_ is Timestamp:
        return _time_text(value)
    if class_ is TypeValue:
        return str(value.name)
    if class_ is Optional:
        return "optional.none()" if value.value is ABSENT else f"optional({go_text(value.value)})"
    if isinstance(value, OpaqueValue):
        return value.text() or value.cel_type.name
    raise TypeError(f"not a CEL value: {class_.__name__}")


_GO_TYPES: Final[dict[type, str]] = {
    bool: "types.Bool",
    bytes: "types.Bytes",
    dict: "*types.baseMap",
    float: "types.Double",
    int: "types.Int",
    list: "*types.baseList",
    str: "types.String",
    type(None): "types.Null",
    Duration: "types.Duration",
    EvaluationError: "*types.Err",
    KeyedMap: "*types.baseMap",
    NoSuchOverload: "*types.Err",
    Optional: "*types.Optional",
    Timestamp: "types.Timestamp",
    TypeValue: "*types.Type",
    UInt: "types.Uint",
}


# Library values are structs of two packages there, most of them named like the type.
_GO_STRUCTS: Final[dict[str, str]] = {
    "google.protobuf.Empty": "*types.protoObj",
    "kubernetes.NamedFormat": "cel.Format",
    "kubernetes.authorization.Authorizer": "library.authorizerVal",
    "kubernetes.authorization.Decision": "library.decisionVal",
    "kubernetes.authorization.GroupCheck": "library.groupCheckVal",
    "kubernetes.authorization.PathCheck": "library.pathCheckVal",
    "kubernetes.authorization.ResourceCheck": "library.resourceCheckVal",
}


def go_type(value: Any) -> str:
    """Name the Go type of a value or error, as `%T` prints it."""
    name = _GO_TYPES.get(value.__class__)
    if name is None and isinstance(value, OpaqueValue):
        full_name = value.cel_type.name
        name = _GO_STRUCTS.get(full_name, f"cel.{full_name.rpartition('.')[2]}")
    return name or value.__class__.__name__


def _time_text(timestamp: Timestamp) -> str:
    """Print an instant as Go's `Time.String` does: `2024-01-01 00:00:00 +0000 UTC`."""
    clock = timestamp.civil(timestamp.offset_s)
    fraction = timestamp.ns % 1_000_000_000
    tail = f".{fraction:09d}".rstrip("0") if fraction else ""
    minutes = abs(timestamp.offset_s) // 60
    zone = f"{'-' if timestamp.offset_s < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"
    name = zone if timestamp.offset_s else "UTC"
    return (
        f"{clock.year:04d}-{clock.month:02d}-{clock.day:02d} "
        f"{clock.hour:02d}:{clock.minute:02d}:{clock.second:02d}{tail} {zone} {name}"
    )
