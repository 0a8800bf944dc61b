"""Macros over lists and maps, recognised by what they expand to. Source: cel-go parser/macro.go."""

from __future__ import annotations

from enum import Enum

from policy_engine.cel.syntax.tree import Call, Comprehension, Ident, ListLiteral, Literal, Node
from policy_engine.records import record


class LoopKind(Enum):
    """What a loop is for."""

    ALL = "all"
    EXISTS = "exists"
    FILTER = "filter"


@record
class Loop:
    """A loop with the condition that it asks of every element."""

    kind: LoopKind
    condition: Node


def recognise(node: Comprehension) -> Loop | None:
    """Tell what a comprehension was written as: `all`, `exists`, or what takes elements on a condition."""
    step, start = node.loop_step, node.accu_init
    if not isinstance(step, Call):
        return None
    if isinstance(start, Literal) and len(step.args) == 2 and is_accumulator(step.args[0], node):
        if start.value is True and step.function == "_&&_":
            return Loop(LoopKind.ALL, step.args[1])
        if start.value is False and step.function == "_||_":
            return Loop(LoopKind.EXISTS, step.args[1])
    if isinstance(start, ListLiteral) and step.function == "_?_:_" and is_accumulator(step.args[2], node):
        return Loop(LoopKind.FILTER, step.args[0])
    return None


def appended(node: Comprehension) -> Node | None:
    """Give what a round of `map` or `filter` adds to its list: the x of `accu + [x]`; None for other loops."""
    step = node.loop_step
    if isinstance(step, Call) and step.function == "_?_:_":
        step = step.args[1]
    if not isinstance(step, Call) or step.function != "_+_" or not isinstance(step.args[1], ListLiteral):
        return None
    elements = step.args[1].elements
    return elements[0] if len(elements) == 1 and is_accumulator(step.args[0], node) else None


def is_binding(node: Comprehension) -> bool:
    """Tell whether a comprehension only gives a value a name, as `optMap` and `optFlatMap` do."""
    return isinstance(node.iter_range, ListLiteral) and not node.iter_range.elements


def is_accumulator(node: Node, loop: Comprehension) -> bool:
    """Tell whether a node reads what a loop has accumulated."""
    return isinstance(node, Ident) and node.name == loop.accu_var
