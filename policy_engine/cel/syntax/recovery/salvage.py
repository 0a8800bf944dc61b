"""Build what can be built of a malformed text, to find what else is wrong with it.

A reserved name or a macro's wrong argument is reported beside the syntax errors. The tree itself is thrown away.
Source: cel-go parser/parser.go, the Visit methods, which walk the recovered parse tree in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from policy_engine.cel.syntax.builder import TreeBuilder
from policy_engine.cel.syntax.pending import BINARY
from policy_engine.cel.syntax.recovery.frames import Frame, Word
from policy_engine.cel.syntax.tokens import IDENTIFIER, RESERVED
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    FieldInit,
    Ident,
    ListLiteral,
    Literal,
    MapEntry,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)

_NODES: Final = (Literal, Ident, Select, Call, ListLiteral, MapLiteral, StructLiteral, Comprehension)


class _Element(NamedTuple):
    """A list element or map key. optional: written with `?`. findings: how many there were before it."""

    node: Node
    optional: bool
    findings: int


class _Name(NamedTuple):
    """What stands where a field's name belongs. word: a Word, unless there is none."""

    word: object
    offset: int


class _Field(NamedTuple):
    """A field's name in a struct literal. findings: how many there were before it."""

    name: _Name
    optional: bool
    findings: int


class Salvage:
    """Reduces the rules of one text to nodes, lists of nodes or names."""

    __slots__ = ("_builder", "_forms")

    def __init__(self, builder: TreeBuilder) -> None:
        self._builder = builder
        self._forms: dict[str, Callable[[Frame], object]] = {
            "expr": self._conditional,
            "conditionalOr": self._chain,
            "conditionalAnd": self._chain,
            "relation": self._binary,
            "calc": self._binary,
            "unary": self._unary,
            "member": self._member,
            "primary": self._primary,
            "exprList": _nodes,
            "listInit": lambda frame: [part for part in frame.parts if isinstance(part, _Element)],
            "fieldInitializerList": self._fields,
            "mapInitializerList": self._entries,
            "optExpr": self._element,
            "optField": _field,
            "escapeIdent": lambda frame: _Name(next(iter(frame.parts), None), frame.offset),
            "literal": self._literal,
        }

    def findings(self) -> int:
        """Count the findings so far."""
        return len(self._builder.issues)

    def reduce(self, frame: Frame) -> object:
        """Give the result of a rule."""
        form = self._forms.get(frame.rule.name)
        return self._node(frame.parts, 0) if form is None else form(frame)

    def _nothing(self, offset: int = 0) -> Node:
        """Stand in for what is missing. A literal is nothing that a macro could take for a name."""
        return Literal(self._builder.new_id(offset), offset, None)

    def _forget(self, findings: int) -> None:
        """Drop the findings in a part that cel-go does not look at, because what goes with it is missing."""
        del self._builder.issues[findings:]

    def _node(self, parts: Sequence[object], number: int) -> Node:
        nodes = [part for part in parts if isinstance(part, _NODES)]
        return nodes[number] if number < len(nodes) else self._nothing()

    def _operator(self, function: str, word: Word, *args: Node) -> Node:
        return Call(self._builder.new_id(word.offset), word.offset, function, args)

    def _conditional(self, frame: Frame) -> object:
        question = _word(frame, "?")
        condition = self._node(frame.parts, 0)
        if question is None:
            return condition
        return self._operator("_?_:_", question, condition, *(self._node(frame.parts, n) for n in (1, 2)))

    def _chain(self, frame: Frame) -> object:
        operators = [part for part in frame.parts if isinstance(part, Word)]
        terms = _nodes(frame)
        if not operators:
            return terms[0]
        ids = [self._builder.new_id(word.offset) for word in operators]
        return self._builder.chain(BINARY[operators[0].kind][1], terms, ids)

    def _binary(self, frame: Frame) -> object:
        operator = next((part for part in frame.parts if isinstance(part, Word)), None)
        left = self._node(frame.parts, 0)
        if operator is None or operator.kind not in BINARY:
            return left
        return self._operator(BINARY[operator.kind][1], operator, left, self._node(frame.parts, 1))

    def _unary(self, frame: Frame) -> object:
        if frame.form < 0:
            return self._nothing(frame.offset)
        signs = [part for part in frame.parts if isinstance(part, Word)]
        operand = self._node(frame.parts, 0)
        return self._operator(signs[0].kind + "_", signs[0], operand) if len(signs) % 2 else operand

    def _member(self, frame: Frame) -> object:
        operand = self._node(frame.parts, 0)
        if frame.form == 0:
            return self._select(frame, operand)
        if frame.form == 1:
            name, bracket = _word(frame, IDENTIFIER), _word(frame, "(")
            if name is None or bracket is None:
                return self._nothing()
            return self._builder.call(self._builder.new_id(bracket.offset), name.text, operand, _arguments(frame))
        if frame.form == 2:
            bracket = _word(frame, "[")
            function = "_[_]" if _word(frame, "?") is None else "_[?_]"
            if bracket is not None:
                return self._operator(function, bracket, operand, self._node(frame.parts, 1))
        return operand

    def _select(self, frame: Frame, operand: Node) -> Node:
        dot = _word(frame, ".")
        names = [part for part in frame.parts if isinstance(part, _Name)]
        if dot is None or not names:
            return self._nothing(frame.offset)
        name = self._field_name(names[0].word, names[0].offset)
        if _word(frame, "?") is not None:
            return self._builder.optional_select(operand, name, dot.offset, names[0].offset)
        return self._builder.select(operand, name, dot.offset)

    def _field_name(self, word: object, offset: int) -> str:
        if isinstance(word, Word):
            return self._builder.field_name(word.kind, word.text, offset)
        self._builder.refuse("unsupported ident kind", offset)
        return ""

    def _primary(self, frame: Frame) -> object:
        make = (
            self._ident,
            self._global_call,
            lambda frame: self._node(frame.parts, 0),
            self._list,
            self._map,
            self._struct,
            lambda frame: self._node(frame.parts, 0),
        )
        return self._nothing() if frame.form < 0 else make[frame.form](frame)

    def _ident(self, frame: Frame) -> Node:
        name, dot = _word(frame, IDENTIFIER), _word(frame, ".")
        if name is None:
            return self._nothing()
        return self._builder.ident(name.text, name.offset, None if dot is None else dot.offset)

    def _global_call(self, frame: Frame) -> Node:
        name, bracket = _word(frame, IDENTIFIER), _word(frame, "(")
        if name is None or bracket is None:
            return self._nothing()
        if name.text in RESERVED:
            self._forget(frame.findings)
            return self._builder.refuse(f"reserved identifier: {name.text}", frame.offset)
        full_name = name.text if _word(frame, ".") is None else "." + name.text
        return self._builder.call(self._builder.new_id(bracket.offset), full_name, None, _arguments(frame))

    def _list(self, frame: Frame) -> Node:
        bracket = _word(frame, "[")
        if bracket is None:
            return self._nothing()
        lists = [part for part in frame.parts if isinstance(part, list)]
        elements = tuple(element.node for part in lists for element in part)
        return ListLiteral(self._builder.new_id(bracket.offset), bracket.offset, elements)

    def _map(self, frame: Frame) -> Node:
        bracket = _word(frame, "{")
        if bracket is None:
            return self._nothing()
        entries = tuple(entry for part in frame.parts if isinstance(part, list) for entry in part)
        return MapLiteral(self._builder.new_id(bracket.offset), bracket.offset, entries)

    def _struct(self, frame: Frame) -> Node:
        bracket = _word(frame, "{")
        if bracket is None:
            return self._nothing()
        fields = tuple(field for part in frame.parts if isinstance(part, list) for field in part)
        return StructLiteral(self._builder.new_id(bracket.offset), bracket.offset, "", fields)

    def _entries(self, frame: Frame) -> object:
        keys = [part for part in frame.parts if isinstance(part, _Element)]
        values = _nodes(frame)
        if len(keys) > len(values):
            self._forget(keys[len(values)].findings)
        colons = [part for part in frame.parts if isinstance(part, Word) and part.kind == ":"]
        return [
            MapEntry(self._builder.new_id(colon.offset), colon.offset, key.node, value, key.optional)
            for key, colon, value in zip(keys, colons, values, strict=False)
        ]

    def _fields(self, frame: Frame) -> object:
        names = [part for part in frame.parts if isinstance(part, _Field)]
        values = _nodes(frame)
        if len(names) > len(values):
            self._forget(names[len(values)].findings)
        colons = [part for part in frame.parts if isinstance(part, Word) and part.kind == ":"]
        fields: list[FieldInit] = []
        for field, colon, value in zip(names, colons, values, strict=False):
            name = self._field_name(field.name.word, frame.offset)  # cel-go shows the whole list's place
            node_id = self._builder.new_id(colon.offset)
            fields.append(FieldInit(node_id, colon.offset, name, value, field.optional))
        return fields

    def _element(self, frame: Frame) -> object:
        return _Element(self._node(frame.parts, 0), _word(frame, "?") is not None, frame.findings)

    def _literal(self, frame: Frame) -> object:
        words = [part for part in frame.parts if isinstance(part, Word)]
        if not words:
            return self._nothing()
        negative = words[0].kind == "-"
        number = words[-1]
        if number.kind == "-":
            return self._nothing()
        return self._builder.literal(number.kind, number.text, words[0].offset, negative=negative)


def _nodes(frame: Frame) -> list[Node]:
    return [part for part in frame.parts if isinstance(part, _NODES)]


def _field(frame: Frame) -> object:
    name = next((part for part in frame.parts if isinstance(part, _Name)), _Name(None, frame.offset))
    return _Field(name, _word(frame, "?") is not None, frame.findings)


def _word(frame: Frame, kind: str) -> Word | None:
    return next((part for part in frame.parts if isinstance(part, Word) and part.kind == kind), None)


def _arguments(frame: Frame) -> list[Node]:
    return next((part for part in frame.parts if isinstance(part, list)), [])
