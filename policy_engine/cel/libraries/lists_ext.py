"""The list extension library, version 3.

Source: cel-go ext/lists.go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from policy_engine.cel.errors import EvaluationError, ResultTooLarge
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Library, Value
from policy_engine.cel.libraries.standard_macros import expand_map
from policy_engine.cel.syntax.macro import Macro, MacroError, NodeFactory
from policy_engine.cel.syntax.tree import Call, Comprehension, Ident, ListLiteral, Node, Select
from policy_engine.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    T,
    list_of,
)
from policy_engine.cel.values.arithmetic import MAX_ELEMENTS
from policy_engine.cel.values.dispatch import no_such_overload
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.membership import Membership
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.typing import type_name

_SORT_BY: Final = "@sortByAssociatedKeys"
_INPUT: Final = "@__sortBy_input__"  # nobody can write this name
_UNUSED: Final = "#unused"
_SORTABLE: Final = (INT, UINT, DOUBLE, BOOL, DURATION, TIMESTAMP, STRING, BYTES)
_LIST: Final = list_of(T)


def _expand_sort_by(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    """Expand `list.sortBy(e, key)`: name the list, map it to its keys, sort it by them."""
    if not isinstance(target, ListLiteral | Select | Ident | Comprehension | Call):
        raise MacroError(
            "sortBy can only be applied to a list, identifier, comprehension, call or select expression",
            target,
        )
    named = make.ident(_INPUT)
    keys = expand_map(make, make.copy(named), args)
    # The order in which nodes are made gives them their ids.
    sorted_ = make.member_call(_SORT_BY, make.copy(named), keys)
    return make.comprehension(
        iter_range=make.list_literal(),
        iter_var=_UNUSED,
        accu_var=_INPUT,
        accu_init=target,
        loop_condition=make.literal(False),
        loop_step=named,
        result=sorted_,
    )


LIBRARY: Final = Library("cel.lib.ext.lists", since="1.34", macros=(Macro("sortBy", True, 2, _expand_sort_by),))


@LIBRARY.member("slice", "list_slice", (_LIST, INT, INT), _LIST, cost=costs.LIST_OUTPUT)
def _slice(values: list[Value], start: int, end: int) -> list[Value]:
    problem = ""
    if start < 0 or end < 0:
        problem = "negative indexes not supported"
    elif start > end:
        problem = "start index must be less than or equal to end index"
    elif end > len(values):
        problem = f"list is length {len(values)}"
    if problem:
        raise EvaluationError(f"cannot slice({start}, {end}), {problem}")
    return values[start:end]


# The types of elements are not looked at: a list that is flat already comes back as it is.
@LIBRARY.member("flatten", "list_flatten", (list_of(_LIST),), _LIST, cost=costs.LIST_FLATTEN, guarded=False)
def _flatten(values: Value) -> list[Value]:
    if values.__class__ is not list:
        raise EvaluationError(f"no such overload: {_spell(values)}.flatten()")
    return _flattened(values, 1)


@LIBRARY.member(
    "flatten", "list_flatten_int", (list_of(DYN), INT), list_of(DYN), cost=costs.LIST_FLATTEN, guarded=False
)
def _flatten_to(values: Value, depth: Value) -> list[Value]:
    if values.__class__ is not list or depth.__class__ is not int:
        raise EvaluationError(f"no such overload: {_spell(values)}.flatten({_spell(depth)})")
    return _flattened(values, depth)


def _flattened(values: list[Value], depth: int) -> list[Value]:
    if depth < 0:
        raise EvaluationError("level must be non-negative")
    if depth == 0:
        return values
    flat: list[Value] = []
    for value in values:
        if value.__class__ is list:
            flat.extend(_flattened(value, depth - 1))
        else:
            flat.append(value)
        if len(flat) > MAX_ELEMENTS:
            raise ResultTooLarge(len(flat))
    return flat


def _sort(values: Value) -> list[Value]:
    if values.__class__ is not list:
        raise no_such_overload("sort", (values,))
    return sort_by_keys(values, values)


def _sort_by(values: Value, keys: Value) -> list[Value]:
    if values.__class__ is not list or keys.__class__ is not list:
        raise no_such_overload(_SORT_BY, (values, keys))
    return sort_by_keys(values, keys)


# The names that cel-go's types have in these overload ids are the run-time ones.
for _type in _SORTABLE:
    LIBRARY.add(
        "sort",
        f"list_{_type.name}_sort",
        (list_of(_type),),
        list_of(_type),
        implementation=_sort,
        cost=costs.LIST_SELF_COMPARE,
        member=True,
        guarded=False,
    )
for _type in _SORTABLE:
    LIBRARY.add(
        _SORT_BY,
        f"list_{_type.name}_sortByAssociatedKeys",
        (_LIST, list_of(_type)),
        _LIST,
        implementation=_sort_by,
        cost=costs.LIST_KEYS_COMPARE,
        member=True,
        guarded=False,
    )


@LIBRARY.function("lists.range", "lists_range", (INT,), list_of(INT), cost=costs.LIST_OUTPUT)
def _range(count: int) -> list[int]:
    if count > MAX_ELEMENTS:
        raise ResultTooLarge(count + costs.CALL + costs.LIST_CREATE)
    return list(range(count))


@LIBRARY.member("reverse", "list_reverse", (_LIST,), _LIST, cost=costs.LIST_OUTPUT)
def _reverse(values: list[Value]) -> list[Value]:
    return values[::-1]


@LIBRARY.member("distinct", "list_distinct", (_LIST,), _LIST, cost=costs.LIST_SELF_COMPARE)
def _distinct(values: list[Value]) -> list[Value]:
    seen = Membership()
    kept = []
    for value in values:
        if value not in seen:
            seen.add(value)
            kept.append(value)
    return kept


def sort_by_keys(values: list[Value], keys: list[Value]) -> list[Value]:
    """Sort values by keys of the same position; equal keys keep their order.

    (Go's sort keeps it up to 12 elements only, and then leaves it to its pivots.)

    Raises EvaluationError for keys of different types or of one that has no order.
    """
    if not values:
        return values
    first = keys[0].__class__
    key_of = _KEYS.get(first)
    if key_of is None:
        raise EvaluationError("list elements must be comparable")
    if any(key.__class__ is not first for key in keys):
        raise EvaluationError("list elements must have the same type")
    if first is float and any(key != key for key in keys):
        order = _insertion_order(keys)
    else:
        order = sorted(range(len(keys)), key=lambda index: key_of(keys[index]))
    return [values[index] for index in order]


def _insertion_order(keys: list[float]) -> list[int]:
    """Sort what has NaNs, which are neither smaller nor larger than anything, by insertion as Go does."""
    order: list[int] = []
    for index, key in enumerate(keys):
        position = len(order)
        while position > 0 and key < keys[order[position - 1]]:
            position -= 1
        order.insert(position, index)
    return order


def _itself(key: Any) -> Any:
    return key


def _nanoseconds(key: Any) -> Any:
    return key.ns


_KEYS: Final[dict[type, Callable[[Any], Any]]] = {
    **dict.fromkeys((bool, bytes, float, int, str, UInt), _itself),
    **dict.fromkeys((Duration, Timestamp), _nanoseconds),
}


def _spell(value: Value) -> str:
    """Name a value's type as cel-go prints its type object."""
    name = type_name(value)
    return {"list": "list(dyn)", "map": "map(dyn, dyn)"}.get(name, name)
