"""Upper bounds of how large values are, before they exist.

The size of a value is the length of a string, or the sum of the sizes of a list's or map's parts, and at least 1.
So the size of what comes out of the input is at most the input's length in bytes as JSON, and a list has at most
as many elements as its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import field

from policy_engine.records import record

INPUT = ""
"""The symbol for the size of the input; loop variables have symbols of their own."""


@record
class Size:
    """A bound linear in the sizes of symbols: constant + the sum of factor x symbol."""

    constant: float
    parts: Mapping[str, float] = field(default_factory=dict)

    def plus(self, other: Size) -> Size:
        """Add two bounds."""
        if not other.parts:
            return Size(self.constant + other.constant, self.parts)
        parts = dict(self.parts)
        for symbol, factor in other.parts.items():
            parts[symbol] = parts.get(symbol, 0) + factor
        return Size(self.constant + other.constant, parts)

    def joined(self, other: Size) -> Size:
        """Bound whichever of two is larger."""
        symbols = {*self.parts, *other.parts}
        parts = {symbol: max(self.parts.get(symbol, 0), other.parts.get(symbol, 0)) for symbol in symbols}
        return Size(max(self.constant, other.constant), parts)

    def times(self, factor: float) -> Size:
        """Multiply a bound by a number."""
        return Size(self.constant * factor, {symbol: f * factor for symbol, f in self.parts.items()})


ONE = Size(1)


def total(sizes: Iterable[Size | None]) -> Size | None:
    """Bound the size of what holds all of these; None where one has no bound."""
    added = ONE
    for size in sizes:
        if size is None:
            return None
        added = added.plus(size)
    return added


def smallest(sizes: Iterable[Size | None]) -> Size | None:
    """Give one of the bounds, the best guess at the smallest; None where there is none."""
    known = [size for size in sizes if size is not None]
    return min(known, key=lambda size: (sum(size.parts.values()), size.constant), default=None)
