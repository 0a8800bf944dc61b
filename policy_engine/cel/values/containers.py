"""What lists, maps, strings and bytes have in common: a size, and whether something is in them."""

from __future__ import annotations

from typing import Any, Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.values.dispatch import no_such_overload
from policy_engine.cel.values.display import go_text
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.equality import same
from policy_engine.cel.values.maps import KeyedMap, find, make_map
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.optional import ABSENT
from policy_engine.cel.values.timestamps import MIN_SECONDS, NS, Timestamp

_SIZED: Final[frozenset[type]] = frozenset({str, list, dict, bytes, KeyedMap})
_NUMBERS: Final = frozenset({bool, float, int, UInt})


def size(value: Any) -> int:
    """Compute `size(value)`: code points of a string, bytes, elements, entries."""
    class_ = value.__class__
    if class_ in _SIZED:
        return len(value)
    raise no_such_overload("size", (value,))


def contains(element: Any, container: Any) -> bool:
    """Compute `element in container`: an element of a list, a key of a map."""
    class_ = container.__class__
    if class_ is dict:
        return element.__class__ is str and element in container
    if class_ is list:
        return any(same(element, other) for other in container)
    if class_ is KeyedMap:
        return find(container, element) is not ABSENT
    raise NoSuchOverload("no such overload")


def insert(map_: dict[str, Any] | KeyedMap, key: Any, value: Any) -> dict[str, Any] | KeyedMap:
    """Give a map with one entry more. Raises EvaluationError if it has the key.

    Source: cel-go common/types/map.go, `InsertMapKeyValue`.
    """
    if find(map_, key) is not ABSENT:
        raise EvaluationError(f"insert failed: key {go_text(key)} already exists")
    if map_.__class__ is dict and key.__class__ is str:
        return {**map_, key: value}
    return make_map([*map_.items(), (key, value)])


def is_zero(value: Any) -> bool:
    """Tell whether a value is the empty one of its type, as `optional.ofNonZeroValue` asks."""
    class_ = value.__class__
    if value is None:
        return True
    if class_ in _SIZED:
        return len(value) == 0
    if class_ in _NUMBERS:
        return bool(value == 0)
    if class_ is Duration:
        return bool(value.ns == 0)
    if class_ is Timestamp:
        return bool(value.ns == MIN_SECONDS * NS)  # Go's zero time is the first instant of year 1
    return False
