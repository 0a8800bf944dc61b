"""CEL's `==`: deep, numbers of different types by size, everything else apart by type."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap, find
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import ABSENT, Optional
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue

# Python's `==` between two values of one of these classes is CEL's. (NaN differs from itself in both.)
_SCALARS: Final = frozenset({str, int, bool, float, type(None), bytes, UInt, Duration, Timestamp, TypeValue})
_NUMBERS: Final = frozenset({int, float, UInt})

# The pairs of lists and maps, by identity, that one comparison has found equal already. `[a, a]` within itself two
# dozen times is small in memory and has millions of paths: each pair is compared once, not once for each path.
# (Unequal ones need no place in it: they end the whole comparison.)
_Known: TypeAlias = set[tuple[int, int]]


def equal(left: Any, right: Any) -> bool:
    """Tell whether two values are equal.

    Int and double compare as doubles, so 2**53 and 2**53 + 1 may equal the same double, as in cel-go.

    Raises NoSuchOverload for a library's value against a value of another type, as Kubernetes' types do.
    Source: cel-go common/types, `Equal` of each type.
    """
    return _equal(left, right, None)


def _equal(left: Any, right: Any, known: _Known | None) -> bool:
    class_ = left.__class__
    other = right.__class__
    if class_ in _SCALARS:
        if class_ is other:
            return bool(left == right)
        if class_ in _NUMBERS and other in _NUMBERS:
            return _equal_numbers(left, right)
        return False
    if class_ is list:
        return other is list and _equal_lists(left, right, set() if known is None else known)
    if class_ is dict or class_ is KeyedMap:
        return (other is dict or other is KeyedMap) and _equal_maps(left, right, set() if known is None else known)
    if class_ is Optional:
        return other is Optional and _equal_optionals(left, right, known)
    if isinstance(left, EvaluationError):
        raise left  # optMap leaves some values as errors inside of optionals
    if class_ is other:
        return bool(left == right)
    if right is None or not isinstance(left, OpaqueValue):
        return False
    raise NoSuchOverload("no such overload")


def same(left: Any, right: Any) -> bool:
    """Tell whether two values are equal; those that refuse to be compared are not."""
    try:
        return equal(left, right)
    except NoSuchOverload:
        return False


def _equal_numbers(left: Any, right: Any) -> bool:
    if left.__class__ is float:
        return bool(left == float(right))
    if right.__class__ is float:
        return bool(float(left) == right)
    return int(left) == int(right)


def _equal_lists(left: list[Any], right: list[Any], known: _Known) -> bool:
    if len(left) != len(right):
        return False
    pair = (id(left), id(right))
    if pair in known:
        return True
    for a, b in zip(left, right, strict=True):
        try:
            if not _equal(a, b, known):
                return False
        except NoSuchOverload:
            continue  # cel-go's lists and maps only ask whether a comparison came out false
    known.add(pair)
    return True


def _equal_maps(left: dict[str, Any] | KeyedMap, right: dict[str, Any] | KeyedMap, known: _Known) -> bool:
    if len(left) != len(right):
        return False
    pair = (id(left), id(right))
    if pair in known:
        return True
    for key, value in left.items():
        # A key that cannot be found in its own map (NaN, a list) cannot be found in the other either.
        other = find(right, key)
        if other is ABSENT:
            return False
        try:
            if not _equal(value, other, known):
                return False
        except NoSuchOverload:
            continue
    known.add(pair)
    return True


def _equal_optionals(left: Optional, right: Optional, known: _Known | None) -> bool:
    if left.value is ABSENT or right.value is ABSENT:
        return left.value is right.value
    return _equal(left.value, right.value, known)
