"""A set of values under CEL's equality, where 1, 1u and 1.0 are one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.equality import same
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue

_HASHABLE: Final = frozenset({str, bytes, bool, type(None), Duration, Timestamp, TypeValue})


class Membership:
    """Answers `in` in constant time for all that has a hash; lists, maps and library values are searched.

    CEL's equality of numbers is not transitive (an int equals a double through rounding), so integers are
    kept as they are and as doubles.
    """

    __slots__ = ("_doubles", "_hashed", "_integers", "_others", "_rounded")

    def __init__(self, values: Iterable[Any] = ()) -> None:
        self._hashed: set[tuple[type, Any]] = set()
        self._integers: set[int] = set()
        self._rounded: set[float] = set()
        self._doubles: set[float] = set()
        self._others: list[Any] = []
        for value in values:
            self.add(value)

    def add(self, value: Any) -> None:
        """Put a value in."""
        class_ = value.__class__
        if class_ in _HASHABLE:
            self._hashed.add((class_, value))
        elif class_ is int or class_ is UInt:
            self._integers.add(int(value))
            self._rounded.add(float(value))
        elif class_ is float:
            if value == value:
                self._doubles.add(value)
        else:
            self._others.append(value)

    def __contains__(self, value: Any) -> bool:
        class_ = value.__class__
        if class_ in _HASHABLE:
            return (class_, value) in self._hashed
        if class_ is int or class_ is UInt:
            return value in self._integers or float(value) in self._doubles
        if class_ is float:
            return value == value and (value in self._doubles or value in self._rounded)
        return any(same(value, other) for other in self._others)
