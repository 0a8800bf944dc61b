"""Kubernetes' own list functions.

Source: apiserver pkg/cel/library/lists.go. Elements that cannot be compared with one another do not stop
a search: the comparison just comes out as neither smaller nor larger.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Implementation, Library, Value
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
    A,
    Type,
    list_of,
)
from policy_engine.cel.values.arithmetic import add
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.equality import same
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.ordering import compare, has_order

LIBRARY: Final = Library("kubernetes.lists", since="1.24")

_SUMMABLE: Final[tuple[tuple[str, Type, Value], ...]] = (
    ("int", INT, 0),
    ("uint", UINT, UInt(0)),
    ("double", DOUBLE, 0.0),
    ("duration", DURATION, Duration(0)),
)
_COMPARABLE: Final = (
    ("int", INT),
    ("uint", UINT),
    ("double", DOUBLE),
    ("bool", BOOL),
    ("duration", DURATION),
    ("timestamp", TIMESTAMP),
    ("string", STRING),
    ("bytes", BYTES),
)


def _order(left: Value, right: Value) -> int:
    """Compare two elements that have an order; 0 if they have none between them."""
    try:
        return compare(left, right)
    except EvaluationError:
        return 0


def _require_order(value: Value) -> None:
    if not has_order(value):
        raise NoSuchOverload("no such overload")


def _is_sorted(values: list[Value]) -> bool:
    for position, value in enumerate(values):
        _require_order(value)
        if position and _order(values[position - 1], value) > 0:
            return False
    return True


def _extreme(name: str, wanted: int) -> Implementation:
    """Make `min` or `max`. wanted: how the best so far compares with an element that is better."""

    def extreme(values: list[Value]) -> Value:
        if not values:
            raise EvaluationError(f"{name} called on empty list")
        best = values[0]
        for value in values:
            _require_order(value)
            if _order(best, value) == wanted:
                best = value
        return best

    return extreme


def _sum(zero: Value) -> Implementation:
    def total(values: list[Value]) -> Value:
        result = zero
        for value in values:
            result = add(result, value)  # a value that cannot be added is refused there
        return result

    return total


for _name, _type in _COMPARABLE:
    LIBRARY.add(
        "isSorted",
        f"list_{_name}_is_sorted_bool",
        (list_of(_type),),
        BOOL,
        implementation=_is_sorted,
        cost=costs.TRAVERSAL,
        member=True,
    )
for _name, _type, _zero in _SUMMABLE:
    LIBRARY.add(
        "sum",
        f"list_{_name}_sum_{_name}",
        (list_of(_type),),
        _type,
        implementation=_sum(_zero),
        cost=costs.TRAVERSAL,
        member=True,
    )
for _function, _wanted in (("max", -1), ("min", 1)):
    _find = _extreme(_function, _wanted)
    for _name, _type in _COMPARABLE:
        LIBRARY.add(
            _function,
            f"list_{_name}_{_function}_{_name}",
            (list_of(_type),),
            _type,
            implementation=_find,
            cost=costs.TRAVERSAL,
            member=True,
        )


@LIBRARY.member("indexOf", "list_a_index_of_int", (list_of(A), A), INT, cost=costs.TRAVERSAL)
def _index_of(values: list[Value], wanted: Value) -> int:
    return next((index for index, value in enumerate(values) if same(value, wanted)), -1)


@LIBRARY.member("lastIndexOf", "list_a_last_index_of_int", (list_of(A), A), INT, cost=costs.TRAVERSAL)
def _last_index_of(values: list[Value], wanted: Value) -> int:
    return next((index for index in range(len(values) - 1, -1, -1) if same(values[index], wanted)), -1)


# Made for attributes that may be one value or many, so that a policy need not care.
@LIBRARY.member("includes", "dyn_includes", (DYN, DYN), BOOL, cost=costs.TRAVERSAL, since="1.37")
def _includes(values: Value, wanted: Value) -> bool:
    if values.__class__ is list:
        return any(same(value, wanted) for value in values)
    return same(values, wanted)
