"""Write a tree as text: in one line, with the parentheses it needs, macros as they were written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from policy_engine.cel.syntax.pending import BINARY, ELSE, OR, UNARY
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    Constant,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    ParsedExpression,
    Select,
    StructLiteral,
)
from policy_engine.cel.syntax.walk import children
from policy_engine.cel.values.numbers import UInt

_MEMBER: Final = UNARY + 1  # what a `.` or a sign may stand beside
_BINARY: Final = {function: (level, f" {token} ") for token, (level, function) in BINARY.items()}


class _Text(NamedTuple):
    """A piece of text; level: how tightly its outermost operator binds."""

    text: str
    level: int

    def at(self, level: int) -> str:
        """Give the text as it stands where an operator binds that tightly."""
        return self.text if self.level >= level else f"({self.text})"


def unparse(parsed: ParsedExpression) -> str:
    """Write an expression. Parsed again, it gives the same tree, ids and places aside."""
    return _Printer(parsed.macro_calls).print(parsed.root)


class _Printer:
    """Writes one tree, from its leaves up: it may be deeper than Python's stack."""

    def __init__(self, macro_calls: Mapping[int, Call]) -> None:
        self._macro_calls = macro_calls
        self._texts: dict[int, _Text] = {}
        self._operators: dict[int, int] = {}  # in a chain of `&&` or `||`, those outside parentheses

    def print(self, root: Node) -> str:
        order: list[tuple[int, Node]] = []
        stack = [root]
        while stack:
            node = stack.pop()
            written = self._macro_calls.get(node.id, node)
            order.append((node.id, written))
            stack.extend(children(written))
        for node_id, written in reversed(order):
            self._texts[node_id] = self._write(written)
        return self._texts[root.id].text

    def _write(self, node: Node) -> _Text:
        match node:
            case Literal():
                return _literal(node.value)
            case Ident():
                return _Text(node.name, _MEMBER)
            case Select():
                return _Text(f"{self._at(node.operand, _MEMBER)}.{node.field}", _MEMBER)
            case Call():
                return self._call(node)
            case ListLiteral():
                elements = (
                    ("?" if index in node.optional_indices else "") + self._texts[element.id].text
                    for index, element in enumerate(node.elements)
                )
                return _Text(f"[{', '.join(elements)}]", _MEMBER)
            case MapLiteral():
                entries = (
                    f"{'?' * e.optional}{self._texts[e.key.id].text}: {self._texts[e.value.id].text}"
                    for e in node.entries
                )
                return _Text(f"{{{', '.join(entries)}}}", _MEMBER)
            case StructLiteral():
                fields = (f"{'?' * f.optional}{f.name}: {self._texts[f.value.id].text}" for f in node.fields)
                return _Text(f"{node.type_name}{{{', '.join(fields)}}}", _MEMBER)
            case Comprehension():
                raise ValueError("a comprehension that no macro made has no text")

    def _at(self, node: Node, level: int) -> str:
        return self._texts[node.id].at(level)

    def _call(self, node: Call) -> _Text:
        function, args = node.function, node.args
        if function in ("_&&_", "_||_"):
            return self._chain(node)
        if function in _BINARY:
            level, operator = _BINARY[function]
            return _Text(self._at(args[0], level) + operator + self._at(args[1], level + 1), level)
        if function == "_?_:_":
            condition, true_branch = (self._at(arg, OR) for arg in args[:2])
            return _Text(f"{condition} ? {true_branch} : {self._at(args[2], ELSE)}", ELSE)
        if function in ("!_", "-_"):
            operand = self._at(args[0], _MEMBER)
            if function == "-_" and operand[0].isdigit():
                operand = f"({operand})"  # else it would be read as a negative number
            return _Text(function[0] + operand, UNARY)
        if function in ("_[_]", "_[?_]"):
            mark = "?" if function == "_[?_]" else ""
            return _Text(f"{self._at(args[0], _MEMBER)}[{mark}{self._texts[args[1].id].text}]", _MEMBER)
        if function == "_?._":
            field = str(args[1].value) if isinstance(args[1], Literal) else ""
            return _Text(f"{self._at(args[0], _MEMBER)}.?{field}", _MEMBER)
        target = "" if node.target is None else self._at(node.target, _MEMBER) + "."
        return _Text(f"{target}{function}({', '.join(self._texts[a.id].text for a in args)})", _MEMBER)

    def _chain(self, node: Call) -> _Text:
        """Leave out the parentheses around terms of the same operator if parsing would balance them the same."""
        level, operator = _BINARY[node.function]
        left, right = (self._operators_of(arg, node.function) for arg in node.args)
        count = left + right + 1
        if left == count // 2:
            texts = [self._texts[arg.id] for arg in node.args]
            self._operators[node.id] = count
            is_flat = (left > 0, right > 0)
            return _Text(
                operator.join(
                    text.text if flat else text.at(level + 1) for text, flat in zip(texts, is_flat, strict=True)
                ),
                level,
            )
        self._operators[node.id] = 1
        return _Text(operator.join(self._at(arg, level + 1) for arg in node.args), level)

    def _operators_of(self, node: Node, function: str) -> int:
        """Count the operators that a term would add to a chain, were it written without parentheses."""
        is_chain = isinstance(node, Call) and node.function == function and node.id in self._operators
        return self._operators[node.id] if is_chain else 0


def _literal(value: Constant) -> _Text:
    match value:
        case None:
            return _Text("null", _MEMBER)
        case bool():
            return _Text("true" if value else "false", _MEMBER)
        case UInt():
            return _Text(f"{int(value)}u", _MEMBER)
        case int() | float():
            text = repr(value)
            return _Text(text, UNARY if text.startswith("-") else _MEMBER)
        case str():
            return _Text('"' + _ESCAPED.sub(_escape, value) + '"', _MEMBER)
        case bytes():
            return _Text('b"' + "".join(map(_byte, value)) + '"', _MEMBER)


_ESCAPED: Final = re.compile(r'["\\\x00-\x1f\x7f-\x9f]')
_SHORT_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    return _SHORT_ESCAPES.get(character) or f"\\u{ord(character):04x}"


def _byte(value: int) -> str:
    character = chr(value)
    is_plain = 0x20 <= value < 0x7F and character not in _SHORT_ESCAPES
    return character if is_plain else f"\\x{value:02x}"
