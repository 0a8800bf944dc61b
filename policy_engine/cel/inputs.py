"""What an expression reads of its surroundings, found from its tree."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.cel.checker import CheckedExpression
from policy_engine.cel.syntax.tree import Comprehension, Ident, Node, Select
from policy_engine.cel.syntax.walk import children

WHOLE = "*"
"""`request.*` stands for an expression that uses `request` as a value of its own."""


def reads(checked: CheckedExpression) -> frozenset[str]:
    """Give the variables an expression reads, and their first fields: `object`, `object.spec`, `request.userInfo`.

    A variable that is not only selected from counts as `name.*` too: any field of it may be read.
    """
    found: set[str] = set()
    todo: list[tuple[Node, frozenset[str]]] = [(checked.root, frozenset())]
    while todo:
        node, local = todo.pop()
        if isinstance(node, Select) and _is_variable(node.operand, local):
            assert isinstance(node.operand, Ident)
            found.update((node.operand.name, f"{node.operand.name}.{node.field}"))
        elif isinstance(node, Ident):
            reference = checked.references.get(node.id)
            if _is_variable(node, local) and (reference is None or reference.type_value is None):
                found.update((node.name, f"{node.name}.{WHOLE}"))
        else:
            todo.extend(_children(node, local))
    return frozenset(found)


def _is_variable(node: Node, local: frozenset[str]) -> bool:
    return isinstance(node, Ident) and node.name not in local


def _children(node: Node, local: frozenset[str]) -> Iterator[tuple[Node, frozenset[str]]]:
    """Give the nodes under a node, each with the variables of the loops around it."""
    if not isinstance(node, Comprehension):
        for child in children(node):
            yield child, local
        return
    with_accumulator = local | {node.accu_var}
    inside = with_accumulator | {node.iter_var, node.iter_var2}
    yield node.iter_range, local
    yield node.accu_init, local
    yield node.loop_condition, inside
    yield node.loop_step, inside
    yield node.result, with_accumulator
