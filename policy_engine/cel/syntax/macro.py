"""What a macro is: a call that the parser rewrites before anything else sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from policy_engine.cel.syntax.tree import Constant, Node
from policy_engine.records import record


class MacroError(Exception):
    """Refuse the arguments of a macro. node: where to point; None points at the call."""

    def __init__(self, message: str, node: Node | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.node = node


class NodeFactory(Protocol):
    """Make the nodes of an expansion. Each gets a fresh id and the offset of the macro call.

    Source: cel-go parser/helper.go, exprHelper.
    """

    def literal(self, value: Constant) -> Node:
        """Make a constant."""

    def ident(self, name: str) -> Node:
        """Make a name."""

    def accumulator(self) -> Node:
        """Make a reference to the accumulator of the enclosing comprehension."""

    def select(self, operand: Node, field: str) -> Node:
        """Make `operand.field`."""

    def presence_test(self, operand: Node, field: str) -> Node:
        """Make `has(operand.field)`."""

    def call(self, function: str, *args: Node) -> Node:
        """Make a call of a function or an operator."""

    def member_call(self, function: str, target: Node, *args: Node) -> Node:
        """Make a call of a method."""

    def list_literal(self, *elements: Node) -> Node:
        """Make `[...]`."""

    def empty_map(self) -> Node:
        """Make `{}`."""

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
        accu_var: str = ...,
    ) -> Node:
        """Make a fold over a list or a map."""

    def copy(self, node: Node) -> Node:
        """Copy a tree with fresh ids, at the places of the original."""


# Returns None where the call is none of the macro's business and stays an ordinary call.
Expander = Callable[[NodeFactory, Node | None, Sequence[Node]], Node | None]


@record
class Macro:
    """A macro by name, style and number of arguments (None: any number)."""

    function: str
    receiver_style: bool
    arg_count: int | None
    expand: Expander
