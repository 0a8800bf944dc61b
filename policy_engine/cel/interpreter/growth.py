"""Accumulators that grow in place.

A list or map that a macro builds up belongs to its loop alone until the loop is over. To copy it in every
round, as `accumulator + [element]` says, would take quadratic time.

Source: cel-go common/types/list.go (`mutableList`) and map.go (`mutableMap`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from policy_engine.cel.interpreter.dispatch import Callee
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.maps import KeyedMap, find
from policy_engine.cel.values.optional import ABSENT

GROWING_FUNCTIONS: Final = frozenset({"_+_", "cel.@mapInsert"})


@dataclass(slots=True, eq=False, repr=False)
class Growing:
    """A call whose first argument is the accumulator in `slot`."""

    slot: int
    general: Callee

    def invoke(self, frame: Frame, args: Sequence[Value]) -> Value:
        """Add to the accumulator in place if it is this loop's own, else as the function has it."""
        if self.slot in frame.growing:
            grown = _grow(*args)
            if grown is not None:
                return grown
        return self.general.invoke(frame, args)


def _grow(target: Value, *added: Value) -> Value:
    """Add to a list or map in place; None where the general way has to do it (or to refuse)."""
    if target.__class__ is list:
        if added[0].__class__ is not list:
            return None
        target.extend(added[0])
        return target
    if target.__class__ is not dict and target.__class__ is not KeyedMap:
        return None
    if len(added) == 2:
        return _grow_map(target, (added,))
    entries = added[0]
    if entries.__class__ is not dict and entries.__class__ is not KeyedMap:
        return None
    return _grow_map(target, tuple(entries.items()))


def _grow_map(target: dict[str, Value] | KeyedMap, entries: Sequence[tuple[Value, ...]]) -> Value:
    """Add entries to a map, which becomes a KeyedMap with the first key that is no text."""
    if any(key.__class__ is bytes or find(target, key) is not ABSENT for key, _ in entries):
        return None
    for key, value in entries:
        if isinstance(target, dict):
            if key.__class__ is str:
                target[key] = value
                continue
            target = KeyedMap(target.items())
        target.put(key, value)
    return target
