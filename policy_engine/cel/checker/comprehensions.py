"""What macros over lists and maps expand to: their variables, and what they collect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_engine.cel import types as t
from policy_engine.cel.syntax.tree import Comprehension, Node
from policy_engine.cel.types import Kind, Type

if TYPE_CHECKING:
    from policy_engine.cel.checker.check import Checker


def check_comprehension(checker: Checker, node: Comprehension) -> Node:
    """Check a fold: its variables live in its steps, its accumulator in its result too."""
    iter_range = checker.visit(node.iter_range)
    accu_init = checker.visit(node.accu_init)
    range_type = checker.substitutions.resolve(checker.types[iter_range.id])
    accu_type = checker.types[accu_init.id]
    first, second = _iteration_types(checker, node, iter_range, range_type)
    checker.scopes.append({node.accu_var: accu_type})
    checker.scopes.append({node.iter_var: first})
    if node.iter_var2:
        checker.scopes[-1][node.iter_var2] = second
    condition = checker.visit(node.loop_condition)
    checker.assert_type(condition, t.BOOL)
    step = checker.visit(node.loop_step)
    checker.assert_type(step, accu_type)
    checker.scopes.pop()
    result = checker.visit(node.result)
    checker.scopes.pop()
    checker.types[node.id] = checker.substitutions.resolve(checker.types[result.id])
    return Comprehension(
        node.id,
        node.offset,
        iter_range,
        node.iter_var,
        node.iter_var2,
        node.accu_var,
        accu_init,
        condition,
        step,
        result,
    )


def _iteration_types(checker: Checker, node: Comprehension, iter_range: Node, type_: Type) -> tuple[Type, Type]:
    """Give the types of the one or two iteration variables."""
    if type_.kind is Kind.LIST:
        return (t.INT, type_.params[0]) if node.iter_var2 else (type_.params[0], t.ERROR)
    if type_.kind is Kind.MAP:
        return type_.params[0], type_.params[1]
    if type_.kind in (Kind.DYN, Kind.ERROR, Kind.TYPE_PARAM):
        checker.substitutions.assign(t.DYN, type_)
        return t.DYN, t.DYN
    checker.issue(
        iter_range.id,
        f"expression of type '{type_.display}' cannot be range of a comprehension (must be list, map, or dynamic)",
    )
    return t.ERROR, t.ERROR
