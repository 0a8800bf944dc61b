"""How a call is refused when no overload takes its arguments: the wording depends on the function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from policy_engine.cel.errors import NoSuchOverload
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.typing import type_name

_ADDABLE: Final = frozenset({bytes, float, Duration, int, list, str, Timestamp, UInt})
_SUBTRACTABLE: Final = frozenset({float, Duration, int, Timestamp, UInt})
_MULTIPLIABLE: Final = frozenset({float, int, UInt})
_COMPARABLE: Final = frozenset({bool, bytes, float, Duration, int, str, Timestamp, UInt})

# Functions that one implementation serves for every type: the classes whose values have it at all.
# Source: cel-go common/stdlib/standard.go, `SingletonBinaryBinding`; common/types/types.go, the trait masks.
_TRAITS: Final[dict[str, frozenset[type]]] = {
    "_+_": _ADDABLE,
    "_-_": _SUBTRACTABLE,
    "_*_": _MULTIPLIABLE,
    "_/_": _MULTIPLIABLE,
    "_%_": frozenset({int, UInt}),
    "-_": frozenset({bool, float, Duration, int}),
    "_<_": _COMPARABLE,
    "_<=_": _COMPARABLE,
    "_>_": _COMPARABLE,
    "_>=_": _COMPARABLE,
    "matches": frozenset({str}),
    "size": frozenset(),  # whatever has a size has an overload
    "sort": frozenset(),  # of lists, which sort themselves out
    "@sortByAssociatedKeys": frozenset(),
}
# Functions whose implementation looks at its arguments itself and says nothing about them.
_UNGUARDED: Final = frozenset({"!_", "@in", "contains", "startsWith", "endsWith"})
# Types with methods of their own: an unknown one is refused without being named.
_RECEIVERS: Final = frozenset({str, Duration, Timestamp})


def no_such_overload(function: str, args: Sequence[Any]) -> NoSuchOverload:
    """Make the error for a call whose arguments no overload takes, in cel-go's words.

    args: with the receiver first.
    Source: cel-go common/decls/decls.go, `MaybeNoSuchOverload`; interpreter/interpretable.go, `evalBinary`.
    """
    if function in _UNGUARDED:
        return NoSuchOverload("no such overload")
    trait = _TRAITS.get(function)
    if trait is None:
        return NoSuchOverload(f"no such overload: {function}({', '.join(map(type_name, args))})")
    first = args[0].__class__
    if first in trait or first in _RECEIVERS:
        return NoSuchOverload("no such overload")
    return NoSuchOverload(f"no such overload: {function}")
