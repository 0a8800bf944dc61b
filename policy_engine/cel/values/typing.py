"""Which run-time type a value has, and which values a declared type takes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from policy_engine.cel.types import Kind, Type
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import Optional
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue

_NAMES: Final[dict[type, str]] = {
    bool: "bool",
    bytes: "bytes",
    dict: "map",
    float: "double",
    int: "int",
    list: "list",
    str: "string",
    type(None): "null_type",
    Duration: "google.protobuf.Duration",
    KeyedMap: "map",
    Optional: "optional_type",
    Timestamp: "google.protobuf.Timestamp",
    TypeValue: "type",
    UInt: "uint",
}
_CLASSES: Final[dict[Kind, type]] = {
    Kind.BOOL: bool,
    Kind.BYTES: bytes,
    Kind.DOUBLE: float,
    Kind.DURATION: Duration,
    Kind.INT: int,
    Kind.NULL: type(None),
    Kind.STRING: str,
    Kind.TIMESTAMP: Timestamp,
    Kind.TYPE: TypeValue,
    Kind.UINT: UInt,
}


def type_name(value: Any) -> str:
    """Give the run-time name of a value's type, without parameters: `int`, `list`, `kubernetes.Quantity`.

    Raises TypeError for what is no CEL value.
    """
    name = _NAMES.get(value.__class__)
    if name is not None:
        return name
    if isinstance(value, OpaqueValue):
        return value.cel_type.name
    raise TypeError(f"not a CEL value: {value.__class__.__name__}")


def type_of(value: Any) -> TypeValue:
    """Give what `type(value)` evaluates to."""
    return type_value(type_name(value))


@lru_cache(maxsize=256)
def type_value(name: str) -> TypeValue:
    """Give the one value of a type's name."""
    return TypeValue(name)


def matches(type_: Type, value: Any) -> bool:
    """Tell whether a value is acceptable at run time where an overload declares `type_`.

    Parameters count as far as cel-go looks: the first element of a list, the first entry of a map.

    Source: cel-go common/types/types.go, `defaultIsAssignableRuntimeType`.
    """
    kind = type_.kind
    class_ = _CLASSES.get(kind)
    if class_ is not None:
        return value.__class__ is class_ or (type_.nullable and value is None)
    if kind is Kind.DYN or kind is Kind.TYPE_PARAM or kind is Kind.ANY:
        return True
    if kind is Kind.LIST:
        return value.__class__ is list and (not value or matches(type_.params[0], value[0]))
    if kind is Kind.MAP:
        if value.__class__ is not dict and value.__class__ is not KeyedMap:
            return False
        for key, item in value.items():
            return matches(type_.params[0], key) and matches(type_.params[1], item)
        return True
    return type_.name == type_name(value)
