"""What an expression may refer to: variables, types, messages and functions of one environment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field, replace

from policy_engine.cel import types as t
from policy_engine.cel.checker.checked import Reference
from policy_engine.cel.libraries.declare import Overload
from policy_engine.cel.types import Type
from policy_engine.records import record

# Protocol buffers' well-known messages and what CEL makes of them. Source: cel-go common/types/types.go.
_WELL_KNOWN: dict[str, tuple[Type, dict[str, Type]]] = {
    "google.protobuf.Any": (t.ANY, {"type_url": t.STRING, "value": t.BYTES}),
    "google.protobuf.BoolValue": (t.wrapper(t.BOOL), {"value": t.BOOL}),
    "google.protobuf.BytesValue": (t.wrapper(t.BYTES), {"value": t.BYTES}),
    "google.protobuf.DoubleValue": (t.wrapper(t.DOUBLE), {"value": t.DOUBLE}),
    "google.protobuf.FloatValue": (t.wrapper(t.DOUBLE), {"value": t.DOUBLE}),
    "google.protobuf.Int32Value": (t.wrapper(t.INT), {"value": t.INT}),
    "google.protobuf.Int64Value": (t.wrapper(t.INT), {"value": t.INT}),
    "google.protobuf.StringValue": (t.wrapper(t.STRING), {"value": t.STRING}),
    "google.protobuf.UInt32Value": (t.wrapper(t.UINT), {"value": t.UINT}),
    "google.protobuf.UInt64Value": (t.wrapper(t.UINT), {"value": t.UINT}),
    "google.protobuf.Duration": (t.DURATION, {"seconds": t.INT, "nanos": t.INT}),
    "google.protobuf.Timestamp": (t.TIMESTAMP, {"seconds": t.INT, "nanos": t.INT}),
    "google.protobuf.Empty": (t.struct("google.protobuf.Empty"), {}),
    "google.protobuf.ListValue": (t.LIST_DYN, {"values": t.LIST_DYN}),
    "google.protobuf.Struct": (t.map_of(t.STRING, t.DYN), {"fields": t.map_of(t.STRING, t.DYN)}),
    "google.protobuf.Value": (
        t.DYN,
        {
            "null_value": t.INT,
            "number_value": t.DOUBLE,
            "string_value": t.STRING,
            "bool_value": t.BOOL,
            "struct_value": t.map_of(t.STRING, t.DYN),
            "list_value": t.LIST_DYN,
        },
    ),
}

# Short names that Kubernetes' checker knows and its evaluator does not.
# Source: k8s.io/apiserver pkg/cel/types.go, findScalar.
_SHORT_NAMES = {"duration": t.DURATION, "timestamp": t.TIMESTAMP}

_EMPTY = "google.protobuf.Empty"


@record(kw_only=True)
class Declarations:
    """The names of one environment. Immutable; `extend` makes another.

    type_names: types that can be written as values (`type(x) == int`). message_names: types that are checked as
    if they could, but that no program can be made of. functions: name -> overloads in the order declared.
    """

    variables: Mapping[str, Type] = field(default_factory=dict)
    type_names: Mapping[str, Type] = field(default_factory=dict)
    message_names: Mapping[str, Type] = field(default_factory=dict)
    structs: Mapping[str, Mapping[str, Type]] = field(default_factory=dict)
    functions: Mapping[str, tuple[Overload, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, overloads: Iterable[Overload], type_names: Iterable[Type]) -> Declarations:
        """Make the declarations of a set of libraries, with the well-known messages."""
        functions: dict[str, list[Overload]] = {}
        for overload in overloads:
            functions.setdefault(overload.function, []).append(overload)
        names = {type_.name: type_ for type_ in type_names}
        names[_EMPTY] = t.struct(_EMPTY)
        messages = {name: type_ for name, (type_, _) in _WELL_KNOWN.items() if name not in names}
        return cls(
            type_names=names,
            message_names={**_SHORT_NAMES, **messages},
            structs={name: fields for name, (_, fields) in _WELL_KNOWN.items()},
            functions={name: tuple(group) for name, group in functions.items()},
        )

    def extend(self, variables: Mapping[str, Type], structs: Mapping[str, Mapping[str, Type]]) -> Declarations:
        """Add variables and message types."""
        named = {name: t.struct(name) for name in structs}
        return replace(
            self,
            variables={**self.variables, **variables},
            structs={**self.structs, **structs},
            message_names={**self.message_names, **named},
        )

    def find(self, name: str) -> tuple[Type, Reference] | None:
        """Look up a variable or type by its full name."""
        type_ = self.variables.get(name)
        if type_ is not None:
            return type_, Reference(name=name)
        named = self.type_names.get(name)
        if named is not None:
            return t.type_of(named), Reference(name=name, type_value=named)
        message = self.message_names.get(name)
        return None if message is None else (t.type_of(message), Reference(name=name))

    def names(self) -> Iterator[str]:
        """Give every name that could stand alone, for suggestions."""
        yield from self.variables
        yield from self.type_names
        yield from self.message_names
