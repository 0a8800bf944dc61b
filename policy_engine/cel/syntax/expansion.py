"""What a macro builds its expansion with."""

from __future__ import annotations

from collections.abc import Callable

from policy_engine.cel.syntax.tree import (
    ACCUMULATOR,
    Call,
    Comprehension,
    Constant,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
)
from policy_engine.cel.syntax.walk import copy_tree


class Expansion:
    """The `NodeFactory` of one macro call: every node made here lies where the call is.

    Source: cel-go parser/helper.go, exprHelper.
    """

    __slots__ = ("_new_id", "_offset")

    def __init__(self, new_id: Callable[[int], int], offset: int) -> None:
        self._new_id = new_id
        self._offset = offset

    def literal(self, value: Constant) -> Node:
        """Make a constant."""
        return Literal(self._new_id(self._offset), self._offset, value)

    def ident(self, name: str) -> Node:
        """Make a name."""
        return Ident(self._new_id(self._offset), self._offset, name)

    def accumulator(self) -> Node:
        """Make a reference to the accumulator of the enclosing comprehension."""
        return Ident(self._new_id(self._offset), self._offset, ACCUMULATOR)

    def select(self, operand: Node, field: str) -> Node:
        """Make `operand.field`."""
        return Select(self._new_id(self._offset), self._offset, operand, field)

    def presence_test(self, operand: Node, field: str) -> Node:
        """Make `has(operand.field)`."""
        return Select(self._new_id(self._offset), self._offset, operand, field, test_only=True)

    def call(self, function: str, *args: Node) -> Node:
        """Make a call of a function or an operator."""
        return Call(self._new_id(self._offset), self._offset, function, args)

    def member_call(self, function: str, target: Node, *args: Node) -> Node:
        """Make a call of a method."""
        return Call(self._new_id(self._offset), self._offset, function, args, target)

    def list_literal(self, *elements: Node) -> Node:
        """Make `[...]`."""
        return ListLiteral(self._new_id(self._offset), self._offset, elements)

    def empty_map(self) -> Node:
        """Make `{}`."""
        return MapLiteral(self._new_id(self._offset), self._offset, ())

    def comprehension(
        self,
        *,
        iter_range: Node,
        iter_var: str,
        accu_init: Node,
        loop_condition: Node,
        loop_step: Node,
        result: Node,
        iter_var2: str = "",
        accu_var: str = ACCUMULATOR,
    ) -> Node:
        """Make a fold over a list or a map."""
        return Comprehension(
            self._new_id(self._offset),
            self._offset,
            iter_range,
            iter_var,
            iter_var2,
            accu_var,
            accu_init,
            loop_condition,
            loop_step,
            result,
        )

    def copy(self, node: Node) -> Node:
        """Copy a tree with fresh ids, at the places of the original."""
        return copy_tree(node, self._new_id)
