"""The syntax tree, in the shape cel-go gives it, so that types, costs and places come out the same.

Operators are calls of functions with cel-go's names (`_&&_`, `_+_`, `_[_]`, `_?_:_`, `!_`, `-_`, `@in`,
`_?._`, `_[?_]`). Macros are expanded; `ParsedExpression.macro_calls` keeps what was written.
Every node has an `id`, unique in its expression, and an `offset` (code points from the start of the source).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar, dataclass_transform

from policy_engine.cel.source import Source

_T = TypeVar("_T")


@dataclass_transform(frozen_default=True)
def _node(cls: type[_T]) -> type[_T]:
    """Make a slotted dataclass that type checkers keep from being changed.

    INVARIANT: nodes are shared by threads and never changed. Frozen at run time they would take three times as
    long to make, and half of the parser's time.
    """
    return dataclass(slots=True)(cls)


Constant = bool | int | float | str | bytes | None  # an unsigned int is a `values.UInt`


@_node
class Literal:
    """A constant."""

    id: int
    offset: int
    value: Constant


@_node
class Ident:
    """A name; a leading dot (`.a`) is part of it."""

    id: int
    offset: int
    name: str


@_node
class Select:
    """`operand.field`, or `has(operand.field)` where test_only."""

    id: int
    offset: int
    operand: Node
    field: str
    test_only: bool = False


@_node
class Call:
    """A function, operator or method call; target is None unless written `target.function(...)`."""

    id: int
    offset: int
    function: str
    args: tuple[Node, ...]
    target: Node | None = None


@_node
class ListLiteral:
    """`[a, ?b]`; optional_indices: positions of the elements written with `?`."""

    id: int
    offset: int
    elements: tuple[Node, ...]
    optional_indices: tuple[int, ...] = ()


@_node
class MapEntry:
    """One `key: value` or `?key: value` of a map literal."""

    id: int
    offset: int
    key: Node
    value: Node
    optional: bool = False


@_node
class MapLiteral:
    """`{k: v, ?k: o}`."""

    id: int
    offset: int
    entries: tuple[MapEntry, ...]


@_node
class FieldInit:
    """One `name: value` of a message literal."""

    id: int
    offset: int
    name: str
    value: Node
    optional: bool = False


@_node
class StructLiteral:
    """`google.protobuf.Duration{...}`."""

    id: int
    offset: int
    type_name: str
    fields: tuple[FieldInit, ...]


@_node
class Comprehension:
    """What every macro over a list or map expands to: a fold.

    accu = init; for iter_var(, iter_var2) in range: if not condition: stop; accu = step; then result.
    iter_var2 is empty in comprehensions of one variable.
    """

    id: int
    offset: int
    iter_range: Node
    iter_var: str
    iter_var2: str
    accu_var: str
    accu_init: Node
    loop_condition: Node
    loop_step: Node
    result: Node


Node = Literal | Ident | Select | Call | ListLiteral | MapLiteral | StructLiteral | Comprehension

ACCUMULATOR = "@result"  # cel-go parser/macro.go, HiddenAccumulatorName; nobody can write it


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedExpression:
    """A tree with its source.

    macro_calls: the id of an expanded node -> the call as it was written, for printing and for compilers that
        know macros. A macro within its arguments is expanded there, and listed under its own id.
    offsets: node id -> offset, for every id, also of map entries and field initialisers.
    """

    source: Source
    root: Node
    macro_calls: Mapping[int, Call]
    offsets: Mapping[int, int]
