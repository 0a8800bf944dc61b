"""What the parser holds while it waits: operators without their right side, brackets without their end."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final, NamedTuple, TypeAlias

from policy_engine.cel.syntax.builder import TreeBuilder
from policy_engine.cel.syntax.tree import (
    Call,
    FieldInit,
    ListLiteral,
    MapEntry,
    MapLiteral,
    Node,
    StructLiteral,
)

# How tightly a pending operator binds. What only a bracket, a colon or the end can complete has OPEN.
OPEN: Final = 0
ELSE: Final = 1
OR: Final = 2
AND: Final = 3
RELATION: Final = 4
SUM: Final = 5
PRODUCT: Final = 6
UNARY: Final = 7

BINARY: Final = {
    "||": (OR, "_||_"),
    "&&": (AND, "_&&_"),
    "<": (RELATION, "_<_"),
    "<=": (RELATION, "_<=_"),
    ">=": (RELATION, "_>=_"),
    ">": (RELATION, "_>_"),
    "==": (RELATION, "_==_"),
    "!=": (RELATION, "_!=_"),
    "in": (RELATION, "@in"),
    "+": (SUM, "_+_"),
    "-": (SUM, "_-_"),
    "*": (PRODUCT, "_*_"),
    "/": (PRODUCT, "_/_"),
    "%": (PRODUCT, "_%_"),
}


class Form(Enum):
    """What an open construct will become."""

    TEXT = auto()  # the whole text, closed by its end
    NESTED = auto()
    CALL = auto()
    INDEX = auto()
    LIST = auto()
    MAP_KEY = auto()
    MAP_VALUE = auto()
    STRUCT = auto()
    TRUE_BRANCH = auto()  # between `?` and `:`


CLOSED_BY: Final = {
    Form.NESTED: ")",
    Form.CALL: ")",
    Form.INDEX: "]",
    Form.LIST: "]",
    Form.MAP_VALUE: "}",
    Form.STRUCT: "}",
}


class ReservedCall(NamedTuple):
    """A call of a function that cannot exist: where it starts, and how many findings came before it."""

    offset: int
    findings: int


class Open:
    """A construct that is not closed yet, with the parts of it that are complete."""

    __slots__ = (
        "entries",
        "entry_id",
        "field",
        "fields",
        "form",
        "id",
        "name",
        "optional",
        "optionals",
        "parts",
        "reserved",
        "start",
        "target",
    )

    def __init__(self, form: Form, node_id: int = 0, name: str = "") -> None:
        self.form = form
        self.id = node_id
        self.name = name  # of a function or a type
        self.target: Node | None = None  # of a method or an index
        self.parts: list[Node] = []  # arguments or elements
        self.optionals: list[int] = []  # positions of the elements written with `?`
        self.entries: list[MapEntry] = []
        self.fields: list[FieldInit] = []
        self.entry_id = 0  # of the map entry or struct field being read
        self.field = ""  # the name of that field
        self.start = 0  # where the first field begins
        self.optional = False  # whether the entry, field or index being read is written with `?`
        self.reserved: ReservedCall | None = None

    def take(self, values: list[Node], builder: TreeBuilder) -> None:
        """Add the part whose operand, and in a map whose key, was read last."""
        value = values.pop()
        if self.form is Form.MAP_VALUE:
            offset = builder.offsets[self.entry_id]
            self.entries.append(MapEntry(self.entry_id, offset, values.pop(), value, self.optional))
        elif self.form is Form.STRUCT:
            offset = builder.offsets[self.entry_id]
            self.fields.append(FieldInit(self.entry_id, offset, self.field, value, self.optional))
        else:
            self.parts.append(value)

    def node(self, builder: TreeBuilder) -> Node:
        """Make the node of the whole, whose closing bracket has been reached."""
        form = self.form
        if form is Form.NESTED:
            return self.parts[0]
        if form is Form.CALL:
            if self.reserved is not None:
                del builder.issues[self.reserved.findings :]
                return builder.refuse(f"reserved identifier: {self.name}", self.reserved.offset)
            return builder.call(self.id, self.name, self.target, self.parts)
        offset = builder.offsets[self.id]
        if form is Form.INDEX:
            assert self.target is not None
            return Call(self.id, offset, "_[?_]" if self.optional else "_[_]", (self.target, *self.parts))
        if form is Form.LIST:
            return ListLiteral(self.id, offset, tuple(self.parts), tuple(self.optionals))
        if form is Form.MAP_VALUE:
            return MapLiteral(self.id, offset, tuple(self.entries))
        return StructLiteral(self.id, offset, self.name, tuple(self.fields))


class Chain:
    """Terms joined by `&&` or `||`, collected to be balanced when the last one is known."""

    __slots__ = ("function", "ids", "offset", "terms")

    def __init__(self, function: str, term: Node, offset: int) -> None:
        self.function = function
        self.terms = [term]
        self.ids: list[int] = []
        self.offset = offset  # of the operator whose right term is being read


class Operator:
    """An operator whose id was taken before its right side was read."""

    __slots__ = ("function", "id", "offset")

    def __init__(self, function: str, node_id: int, offset: int) -> None:
        self.function = function
        self.id = node_id
        self.offset = offset


Pending: TypeAlias = Operator | Chain | Open
