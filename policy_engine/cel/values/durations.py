"""Durations: signed nanoseconds, read and written as Go does."""

from __future__ import annotations

import re
from typing import Final

from policy_engine.cel.values.doubles import format_plain
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN

SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,  # U+00B5, micro sign
    "μs": 1_000,  # U+03BC, Greek letter mu
    "ms": 1_000_000,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_PART: Final = r"([0-9]*)(?:\.([0-9]*))?([^0-9.]+)"
_LIMIT: Final = 1 << 63


class Duration:
    """A length of time. ns: nanoseconds, within 64 bits (about 292 years either way)."""

    __slots__ = ("ns",)

    def __init__(self, ns: int) -> None:
        self.ns = ns

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Duration) and self.ns == other.ns

    def __hash__(self) -> int:
        return hash((Duration, self.ns))

    def __repr__(self) -> str:
        return f"Duration({self.text()})"

    def text(self) -> str:
        """Write it as Go prints it: `1h30m0.5s`, `1.5ms`, `0s`.

        Source: Go time, `Duration.String`.
        """
        rest = abs(self.ns)
        sign = "-" if self.ns < 0 else ""
        if rest < SECOND:
            if rest == 0:
                return "0s"
            for unit, size in (("ms", 1_000_000), ("µs", 1_000)):
                if rest >= size:
                    return f"{sign}{_fixed(rest, size)}{unit}"
            return f"{sign}{rest}ns"
        minutes, seconds = divmod(rest, MINUTE)
        hours, minutes = divmod(minutes, 60)
        head = f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else ""
        return f"{sign}{head}{_fixed(seconds, SECOND)}s"

    def seconds_text(self) -> str:
        """Write it as `string(duration)` does: as seconds that went through a double.

        Source: cel-go common/types/duration.go, `ConvertToType`.
        """
        return f"{format_plain(self.in_unit(SECOND))}s"

    def in_unit(self, unit: int) -> float:
        """Give it in seconds, minutes or hours as a double, rounded the way Go's methods round."""
        whole, rest = divmod(abs(self.ns), unit)
        value = whole + rest / unit
        return -value if self.ns < 0 else value


def parse_duration(text: str) -> Duration | None:
    """Read `1h30m`, `-1.5s`, `.5ms`; None where the text is none or does not fit.

    Source: Go time, `ParseDuration`.
    """
    negative = text[:1] == "-"
    rest = text[1:] if text[:1] in ("-", "+") else text
    if rest == "0":
        return Duration(0)
    match = re.compile(_PART).match  # compiled once: `re` keeps it
    total = 0
    position = 0
    while position < len(rest):
        part = match(rest, position)
        if part is None:
            return None
        ns = _part_ns(*part.groups())
        if ns is None:
            return None
        total += ns
        if total > _LIMIT:
            return None
        position = part.end()
    if position == 0:
        return None
    value = -total if negative else total
    return Duration(value) if INT_MIN <= value <= INT_MAX else None


def _part_ns(whole: str, fraction: str | None, unit_name: str) -> int | None:
    unit = _UNITS.get(unit_name)
    if unit is None or not (whole or fraction):
        return None
    # 20 digits cannot fit; the test keeps the conversion of a very long run of digits from costing anything.
    digits = whole.lstrip("0")
    if len(digits) > 19:
        return None
    ns = int(digits or 0) * unit
    if ns > _LIMIT:
        return None
    if fraction:
        numerator, scale = _fraction(fraction)
        ns += int(numerator * (unit / scale))
    return ns if ns <= _LIMIT else None


def _fraction(digits: str) -> tuple[float, float]:
    """Read the digits after the point as numerator and scale; digits beyond 64 bits are dropped."""
    numerator = 0
    count = 0
    for digit in digits:
        if numerator > INT_MAX // 10:
            break
        following = numerator * 10 + int(digit)
        if following > _LIMIT:
            break
        numerator = following
        count += 1
    return float(numerator), float(10**count)


def _fixed(value: int, unit: int) -> str:
    whole, rest = divmod(value, unit)
    if not rest:
        return str(whole)
    width = len(str(unit)) - 1
    return f"{whole}.{rest:0{width}d}".rstrip("0")
