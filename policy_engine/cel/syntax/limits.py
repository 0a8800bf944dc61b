"""How deeply a text may be nested. Shallower texts than cel-go takes would be refused for no reason; deeper
ones would be accepted here and refused by the API server.

Source: cel-go parser/parser.go, recursionListener and checkAndIncrementRecursionDepth.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policy_engine.cel.syntax.pending import BINARY, PRODUCT, RELATION, SUM
from policy_engine.cel.syntax.tokens import (
    BYTES,
    IDENTIFIER,
    NUM_FLOAT,
    NUM_INT,
    NUM_UINT,
    STRING,
    Tokens,
)
from policy_engine.cel.syntax.tree import Call, Node, Select
from policy_engine.cel.syntax.walk import children

MAX_DEPTH: Final = 250

_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")
_OPTIONAL_MARK_AFTER: Final = frozenset((".", "[", "{", ","))  # a `?` there begins no conditional
_OPERAND_ENDS: Final = frozenset(
    (*_CLOSING, IDENTIFIER, NUM_INT, NUM_FLOAT, NUM_UINT, STRING, BYTES, "true", "false", "null")
)


class _Nesting:
    """How many rules of each kind are open within one bracket, those around it included."""

    __slots__ = (
        "calcs",
        "conditions",
        "exprs",
        "exprs_outside",
        "in_comparison",
        "in_product",
        "in_sum",
        "relations",
    )

    def __init__(self, outside: _Nesting | None = None) -> None:
        self.exprs = 0
        self.exprs_outside = outside.exprs if outside else 0
        self.relations = outside.open_relations() + 1 if outside else 1
        self.calcs = outside.open_calcs() + 1 if outside else 1
        self.begin_expression()

    def begin_expression(self) -> None:
        """Start anew after a comma, or the colon of a map entry."""
        self.exprs = self.exprs_outside + 1
        self.conditions = 0
        self.begin_term()

    def begin_term(self) -> None:
        """Start anew after a logical operator or a part of a conditional."""
        self.in_comparison = self.in_sum = self.in_product = False

    def open_relations(self) -> int:
        """Count the open relations; the right side of a comparison is one more."""
        return self.relations + self.in_comparison

    def open_calcs(self) -> int:
        """Count the open calculations; the right sides of a sum and of a product in it are two more."""
        return self.calcs + self.in_sum + self.in_product

    def is_too_deep(self) -> bool:
        """Tell whether any rule is open too often."""
        return max(self.exprs, self.open_relations(), self.open_calcs()) > MAX_DEPTH

    def read(self, kind: str, previous: str) -> None:
        """Account for an operator or separator."""
        if kind == "?":
            if previous not in _OPTIONAL_MARK_AFTER:
                self.conditions += 1
                self.begin_term()
        elif kind == ":":
            if self.conditions:
                self.conditions -= 1
                self.exprs += 1
                self.begin_term()
            else:
                self.begin_expression()
        elif kind == ",":
            self.begin_expression()
        elif previous in _OPERAND_ENDS and kind in BINARY:
            level = BINARY[kind][0]
            if level < SUM:
                self.begin_term()
                self.in_comparison = level == RELATION
            else:
                self.in_sum = self.in_sum if level == PRODUCT else True
                self.in_product = level == PRODUCT


def is_nested_too_deeply(tokens: Tokens) -> bool:
    """Tell whether cel-go's grammar rules would nest too deeply in a well-formed text."""
    nesting = _Nesting()
    around: list[_Nesting] = []
    previous = ""
    kinds = tokens.kinds
    for at, kind in enumerate(kinds):
        if kind in _OPENING:
            around.append(nesting)
            nesting = _Nesting(nesting)
            if kinds[at + 1] in _CLOSING:
                previous = kind
                continue
        elif kind in _CLOSING:
            nesting = around.pop()
        else:
            nesting.read(kind, previous)
        if nesting.is_too_deep():
            return True
        previous = kind
    return False


def is_tree_too_deep(root: Node, macro_calls: Mapping[int, Call]) -> bool:
    """Tell whether operators, fields, indexes and methods nest too deeply in a tree as it was written."""
    stack = [(root, 0)]
    while stack:
        node, depth = stack.pop()
        written: Node = macro_calls.get(node.id, node)
        if _counts(written):
            depth += 1
            if depth > MAX_DEPTH:
                return True
        stack.extend((child, depth) for child in children(written))
    return False


def _counts(node: Node) -> bool:
    if isinstance(node, Select):
        return True
    return isinstance(node, Call) and (node.target is not None or node.function in _COUNTED)


_COUNTED: Final = frozenset(function for level, function in BINARY.values() if level >= RELATION) | {
    "_?_:_",
    "_[_]",
    "_[?_]",
    "_?._",
}
