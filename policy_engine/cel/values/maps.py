"""Maps whose keys are not all strings: made by expressions, never by JSON."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.numbers import INT_MAX, UInt, double_to_int, double_to_uint
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import ABSENT
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue

_KEYS_BY_VALUE: Final = frozenset({bool, int, str, type(None), Duration, TypeValue, UInt})


class KeyedMap:
    """A map with keys of any CEL type, where 1, 1u, 1.0 and true are separate keys (a dict would merge them).

    Maps with string keys only are plain dicts: make either with `make_map`.
    Duplicate keys are allowed in a literal: the last one wins.
    Lists, maps and other values that Go holds by pointer are keys, but never found again.
    """

    __slots__ = ("_entries",)

    def __init__(self, pairs: Iterable[tuple[Any, Any]] = ()) -> None:
        self._entries: dict[Hashable, tuple[Any, Any]] = {}
        for key, value in pairs:
            self._entries[_identity(key)] = (key, value)

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[Any]:
        return (key for key, _ in self._entries.values())

    def __repr__(self) -> str:
        return "{" + ", ".join(f"{key!r}: {value!r}" for key, value in self.items()) + "}"

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Give the (key, value) pairs in the order they were first written."""
        return iter(self._entries.values())

    def put(self, key: Any, value: Any) -> None:
        """Add an entry in place. Only for whoever made the map, before anything else has seen it."""
        self._entries[_identity(key)] = (key, value)

    def find(self, key: Any) -> Any:
        """Look a key up; ABSENT where there is none. A number finds another kind of integer of its size.

        Raises EvaluationError for bytes, which Go cannot hash.
        Source: cel-go common/types/map.go, `refValMapAccessor.Find`.
        """
        if key.__class__ is bytes:
            raise EvaluationError("internal error: runtime error: hash of unhashable type types.Bytes")
        entries = self._entries
        entry = entries.get(_identity(key))
        if entry is None:
            for other in _same_number(key):
                entry = entries.get((other.__class__, other))
                if entry is not None:
                    break
        return ABSENT if entry is None else entry[1]


def make_map(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any] | KeyedMap:
    """Make the map of these entries: a dict if every key is a string.

    A value of ABSENT takes its key out again, as `{?key: optional.none()}` does to an earlier entry.
    """
    collected = list(pairs)
    if all(key.__class__ is str for key, _ in collected):
        strings: dict[str, Any] = {}
        for key, value in collected:
            if value is ABSENT:
                strings.pop(key, None)
            else:
                strings[key] = value
        return strings
    entries: dict[Hashable, tuple[Any, Any]] = {}
    for key, value in collected:
        if value is ABSENT:
            entries.pop(_identity(key), None)
        else:
            entries[_identity(key)] = (key, value)
    if all(key.__class__ is str for key, _ in entries.values()):
        return dict(entries.values())
    made = KeyedMap()
    made._entries = entries
    return made


def find(map_: dict[str, Any] | KeyedMap, key: Any) -> Any:
    """Look a key up in either form of map; ABSENT where there is none."""
    if isinstance(map_, KeyedMap):
        return map_.find(key)
    return map_.get(key, ABSENT) if key.__class__ is str else ABSENT


def _identity(key: Any) -> Hashable:
    """Give what decides whether two keys are one: the value, or the object where Go compares pointers."""
    class_ = key.__class__
    if class_ in _KEYS_BY_VALUE:
        return class_, key
    if class_ is float:
        return (class_, key) if key == key else object()  # no NaN is the key of another
    if class_ is Timestamp:
        # A zone other than UTC is a pointer of its own for each time that was read.
        return (class_, key.ns) if key.offset_s == 0 else (class_, id(key), None)
    if isinstance(key, OpaqueValue) and key.is_key_by_value:
        return class_, key
    return class_, id(key), None


def _same_number(key: Any) -> Iterator[int]:
    class_ = key.__class__
    if class_ is int:
        if key >= 0:
            yield UInt(key)
    elif class_ is UInt:
        if key <= INT_MAX:
            yield int(key)
    elif class_ is float:
        for other in (double_to_int(key), double_to_uint(key)):
            if other is not None and other == key:
                yield other
