"""CEL's own macros: `has` and the folds over a list or the keys of a map.

Source: cel-go parser/macro.go; cel/macro.go, StandardMacros, to which one-variable `existsOne` does not belong.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policy_engine.cel.libraries.declare import Library
from policy_engine.cel.syntax.macro import Macro, MacroError, NodeFactory
from policy_engine.cel.syntax.tree import ACCUMULATOR, Ident, Node, Select

# No variable of a fold may be called like the accumulator, nor like the accumulator was called once.
_TAKEN: Final = frozenset((ACCUMULATOR, "__result__"))


def loop_variable(node: Node, *, otherwise: str = "argument must be a simple name") -> str:
    """Give the name of a macro's variable. Raises MacroError, saying `otherwise` where it is no name."""
    if not isinstance(node, Ident):
        raise MacroError(otherwise, node)
    return node.name


def check_not_accumulator(name: str, node: Node) -> None:
    """Refuse a variable that would hide the accumulator. Raises MacroError."""
    if name in _TAKEN:
        raise MacroError("iteration variable overwrites accumulator variable", node)


def range_of(target: Node | None) -> Node:
    """Give what a macro's fold goes over: a macro that is written as a method has a target."""
    assert target is not None, "a macro written as a method has a target"
    return target


def expand_map(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    """Expand `range.map(x, transform)` and `range.map(x, predicate, transform)`."""
    variable = _checked_variable(args[0], otherwise="argument is not an identifier")
    init = make.list_literal()
    condition = make.literal(True)
    step = make.call("_+_", make.accumulator(), make.list_literal(args[-1]))
    if len(args) == 3:
        step = make.call("_?_:_", args[1], step, make.accumulator())
    return make.comprehension(
        iter_range=range_of(target),
        iter_var=variable,
        accu_init=init,
        loop_condition=condition,
        loop_step=step,
        result=make.accumulator(),
    )


def _expand_has(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    field = args[0]
    if not isinstance(field, Select):
        raise MacroError("invalid argument to has() macro", field)
    return make.presence_test(field.operand, field.field)


def fold_all(make: NodeFactory, range_: Node, variables: tuple[str, str], condition: Node) -> Node:
    """Fold to whether a condition holds for every element. The second variable may be empty."""
    return make.comprehension(
        iter_range=range_,
        iter_var=variables[0],
        iter_var2=variables[1],
        accu_init=make.literal(True),
        loop_condition=make.call("@not_strictly_false", make.accumulator()),
        loop_step=make.call("_&&_", make.accumulator(), condition),
        result=make.accumulator(),
    )


def fold_exists(make: NodeFactory, range_: Node, variables: tuple[str, str], condition: Node) -> Node:
    """Fold to whether a condition holds for any element. The second variable may be empty."""
    return make.comprehension(
        iter_range=range_,
        iter_var=variables[0],
        iter_var2=variables[1],
        accu_init=make.literal(False),
        loop_condition=make.call("@not_strictly_false", make.call("!_", make.accumulator())),
        loop_step=make.call("_||_", make.accumulator(), condition),
        result=make.accumulator(),
    )


def fold_exists_one(make: NodeFactory, range_: Node, variables: tuple[str, str], condition: Node) -> Node:
    """Fold to whether a condition holds for exactly one element. The second variable may be empty."""
    return make.comprehension(
        iter_range=range_,
        iter_var=variables[0],
        iter_var2=variables[1],
        accu_init=make.literal(0),
        loop_condition=make.literal(True),
        loop_step=make.call(
            "_?_:_", condition, make.call("_+_", make.accumulator(), make.literal(1)), make.accumulator()
        ),
        result=make.call("_==_", make.accumulator(), make.literal(1)),
    )


def _expand_all(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    return fold_all(make, range_of(target), (_checked_variable(args[0]), ""), args[1])


def _expand_exists(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    return fold_exists(make, range_of(target), (_checked_variable(args[0]), ""), args[1])


def _expand_exists_one(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    return fold_exists_one(make, range_of(target), (_checked_variable(args[0]), ""), args[1])


def _expand_filter(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    variable = _checked_variable(args[0], otherwise="argument is not an identifier")
    init = make.list_literal()
    condition = make.literal(True)
    keep = make.call("_+_", make.accumulator(), make.list_literal(args[0]))
    return make.comprehension(
        iter_range=range_of(target),
        iter_var=variable,
        accu_init=init,
        loop_condition=condition,
        loop_step=make.call("_?_:_", args[1], keep, make.accumulator()),
        result=make.accumulator(),
    )


def _checked_variable(node: Node, *, otherwise: str = "argument must be a simple name") -> str:
    name = loop_variable(node, otherwise=otherwise)
    check_not_accumulator(name, node)
    return name


LIBRARY: Final = Library(
    "standard.macros",
    macros=(
        Macro("has", False, 1, _expand_has),
        Macro("all", True, 2, _expand_all),
        Macro("exists", True, 2, _expand_exists),
        Macro("exists_one", True, 2, _expand_exists_one),
        Macro("map", True, 2, expand_map),
        Macro("map", True, 3, expand_map),
        Macro("filter", True, 2, _expand_filter),
    ),
)
