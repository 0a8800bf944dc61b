"""Static types: what the checker knows of a value before it exists."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum


class Kind(IntEnum):
    """The families of types, as in cel-go's common/types."""

    UNSPECIFIED = 0
    DYN = 1
    ANY = 2
    BOOL = 3
    BYTES = 4
    DOUBLE = 5
    DURATION = 6
    ERROR = 7
    INT = 8
    LIST = 9
    MAP = 10
    NULL = 11
    OPAQUE = 12
    STRING = 13
    STRUCT = 14
    TIMESTAMP = 15
    TYPE = 16
    TYPE_PARAM = 17
    UINT = 18


@dataclass(frozen=True, slots=True)
class Type:
    """A type: its kind, its run-time name and its parameters.

    `str()` gives cel-go's spelling in `must evaluate to bool but got map(string, int)`;
    `display` gives the checker's spelling, which differs for null, timestamp and duration.
    """

    kind: Kind
    name: str
    params: tuple[Type, ...] = ()
    nullable: bool = False  # a protobuf wrapper: `wrapper(int)`
    display: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "display", self._display())

    def _display(self) -> str:
        spelled = _CHECKER_SPELLING.get(self.kind)
        if spelled is not None:
            return spelled
        if self.kind is Kind.OPAQUE and self.name == "function":
            result, *args = self.params
            return f"({', '.join(a.display for a in args)}) -> {result.display}"
        if self.nullable:
            return f"wrapper({self.name})"
        if not self.params:
            return self.name
        return f"{self.name}({', '.join(p.display for p in self.params)})"

    def __str__(self) -> str:
        if self.nullable:
            return f"wrapper({self.name})"
        if not self.params:
            return self.name
        return f"{self.name}({', '.join(map(str, self.params))})"


_CHECKER_SPELLING = {
    Kind.ANY: "any",
    Kind.DURATION: "duration",
    Kind.ERROR: "!error!",
    Kind.NULL: "null",
    Kind.TIMESTAMP: "timestamp",
    Kind.UNSPECIFIED: "",
}

DYN = Type(Kind.DYN, "dyn")
ANY = Type(Kind.ANY, "google.protobuf.Any")
BOOL = Type(Kind.BOOL, "bool")
BYTES = Type(Kind.BYTES, "bytes")
DOUBLE = Type(Kind.DOUBLE, "double")
DURATION = Type(Kind.DURATION, "google.protobuf.Duration")
ERROR = Type(Kind.ERROR, "*error*")
INT = Type(Kind.INT, "int")
NULL = Type(Kind.NULL, "null_type")
STRING = Type(Kind.STRING, "string")
TIMESTAMP = Type(Kind.TIMESTAMP, "google.protobuf.Timestamp")
TYPE = Type(Kind.TYPE, "type")
UINT = Type(Kind.UINT, "uint")


def list_of(element: Type) -> Type:
    """Give `list(element)`."""
    return Type(Kind.LIST, "list", (element,))


def map_of(key: Type, value: Type) -> Type:
    """Give `map(key, value)`."""
    return Type(Kind.MAP, "map", (key, value))


def optional_of(value: Type) -> Type:
    """Give `optional_type(value)`."""
    return Type(Kind.OPAQUE, "optional_type", (value,))


def type_of(instance: Type) -> Type:
    """Give `type(instance)`: the type of a type."""
    return Type(Kind.TYPE, "type", (instance,))


def opaque(name: str, *params: Type) -> Type:
    """Give a library's own type, such as `kubernetes.Quantity`."""
    return Type(Kind.OPAQUE, name, params)


def struct(name: str) -> Type:
    """Give a type with declared fields, such as `kubernetes.AdmissionRequest`."""
    return Type(Kind.STRUCT, name)


def type_param(name: str) -> Type:
    """Give a type parameter of an overload, such as `T` in `list(T)`."""
    return Type(Kind.TYPE_PARAM, name)


def wrapper(primitive: Type) -> Type:
    """Give the nullable form of a primitive (protobuf's wrapper messages)."""
    return Type(primitive.kind, primitive.name, nullable=True)


def is_dyn(type_: Type) -> bool:
    """Tell whether nothing is known statically."""
    return type_.kind is Kind.DYN or type_.kind is Kind.ANY


def is_optional(type_: Type) -> bool:
    """Tell whether the type is `optional_type(...)`."""
    return type_.kind is Kind.OPAQUE and type_.name == "optional_type"


LIST_DYN = list_of(DYN)
T = type_param("T")
A = type_param("A")
B = type_param("B")
