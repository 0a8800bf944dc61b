"""Macros over the index and value of a list, or the key and value of a map.

Source: cel-go ext/comprehensions.go; Kubernetes has it since 1.32.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.declare import Library, Value
from policy_engine.cel.libraries.standard_macros import (
    check_not_accumulator,
    fold_all,
    fold_exists,
    fold_exists_one,
    loop_variable,
    range_of,
)
from policy_engine.cel.syntax.macro import Macro, MacroError, NodeFactory
from policy_engine.cel.syntax.tree import Node
from policy_engine.cel.types import map_of, type_param
from policy_engine.cel.values.display import go_text
from policy_engine.cel.values.maps import find, make_map
from policy_engine.cel.values.optional import ABSENT

MAP_INSERT: Final = "cel.@mapInsert"  # what the map macros expand to; nobody can write it


def _expand_all(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    return fold_all(make, range_of(target), _loop_variables(args), args[2])


def _expand_exists(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    return fold_exists(make, range_of(target), _loop_variables(args), args[2])


def _expand_exists_one(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    return fold_exists_one(make, range_of(target), _loop_variables(args), args[2])


def _expand_transform_list(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    variables = _loop_variables(args)
    step = make.call("_+_", make.accumulator(), make.list_literal(args[-1]))
    return _transformation(make, target, args, variables=variables, step=step, into_map=False)


def _expand_transform_map(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    variables = _loop_variables(args)
    step = make.call(MAP_INSERT, make.accumulator(), make.ident(variables[0]), args[-1])
    return _transformation(make, target, args, variables=variables, step=step, into_map=True)


def _expand_transform_map_entry(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    variables = _loop_variables(args)
    step = make.call(MAP_INSERT, make.accumulator(), args[-1])
    return _transformation(make, target, args, variables=variables, step=step, into_map=True)


def _transformation(
    make: NodeFactory,
    target: Node | None,
    args: Sequence[Node],
    *,
    variables: tuple[str, str],
    step: Node,
    into_map: bool,
) -> Node:
    """Collect what `step` adds; four arguments mean that the third is a filter."""
    if len(args) == 4:
        step = make.call("_?_:_", args[2], step, make.accumulator())
    return make.comprehension(
        iter_range=range_of(target),
        iter_var=variables[0],
        iter_var2=variables[1],
        accu_init=make.empty_map() if into_map else make.list_literal(),
        loop_condition=make.literal(True),
        loop_step=step,
        result=make.accumulator(),
    )


def _loop_variables(args: Sequence[Node]) -> tuple[str, str]:
    first, second = loop_variable(args[0]), loop_variable(args[1])
    if first == second:
        raise MacroError(f"duplicate variable name: {first}", args[1])
    check_not_accumulator(first, args[0])
    check_not_accumulator(second, args[1])
    return first, second


LIBRARY: Final = Library(
    "two-variable comprehensions",
    since="1.32",
    macros=(
        Macro("all", True, 3, _expand_all),
        Macro("exists", True, 3, _expand_exists),
        Macro("existsOne", True, 3, _expand_exists_one),
        Macro("exists_one", True, 3, _expand_exists_one),
        Macro("transformList", True, 3, _expand_transform_list),
        Macro("transformList", True, 4, _expand_transform_list),
        Macro("transformMap", True, 3, _expand_transform_map),
        Macro("transformMap", True, 4, _expand_transform_map),
        Macro("transformMapEntry", True, 3, _expand_transform_map_entry),
        Macro("transformMapEntry", True, 4, _expand_transform_map_entry),
    ),
)

_K: Final = type_param("K")
_V: Final = type_param("V")
_MAP: Final = map_of(_K, _V)


@LIBRARY.function(MAP_INSERT, "@mapInsert_map_key_value", (_MAP, _K, _V), _MAP)
def insert_key(target: Value, key: Value, value: Value) -> Value:
    """Give the map with one entry more. Raises EvaluationError where the key is taken.

    It copies the map, so a fold that calls it n times takes n² steps: evaluators add to the map in place.
    """
    if find(target, key) is not ABSENT:
        raise EvaluationError(f"insert failed: key {go_text(key)} already exists")
    return make_map([*target.items(), (key, value)])


@LIBRARY.function(MAP_INSERT, "@mapInsert_map_map", (_MAP, _MAP), _MAP)
def insert_entries(target: Value, entries: Value) -> Value:
    """Give the map with the entries of another. Raises EvaluationError where a key is taken."""
    for key in entries:
        if find(target, key) is not ABSENT:
            raise EvaluationError(f"insert failed: key {go_text(key)} already exists")
    return make_map([*target.items(), *entries.items()])
