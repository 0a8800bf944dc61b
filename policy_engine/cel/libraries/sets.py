"""The set extension library: lists compared as sets.

Source: cel-go ext/sets.go.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Library, Value
from policy_engine.cel.types import BOOL, T, list_of
from policy_engine.cel.values.membership import Membership

LIBRARY: Final = Library("cel.lib.ext.sets", since="1.29")

_LISTS: Final = (list_of(T), list_of(T))


@LIBRARY.function("sets.contains", "list_sets_contains_list", _LISTS, BOOL, cost=costs.SET_OPERATION)
def _contains(values: list[Value], part: list[Value]) -> bool:
    members = Membership(values)
    return all(value in members for value in part)


@LIBRARY.function("sets.equivalent", "list_sets_equivalent_list", _LISTS, BOOL, cost=costs.SET_EQUIVALENCE)
def _equivalent(left: list[Value], right: list[Value]) -> bool:
    return _contains(left, right) and _contains(right, left)


@LIBRARY.function("sets.intersects", "list_sets_intersects_list", _LISTS, BOOL, cost=costs.SET_OPERATION)
def _intersects(left: list[Value], right: list[Value]) -> bool:
    members = Membership(right)
    return any(value in members for value in left)
