"""Doubles as Go writes and reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final

# Patterns are compiled when they are first needed (and kept by `re`): most programs need none.
_SPECIAL: Final = r"(?ai:[+-]?inf(?:inity)?|nan)"
_DECIMAL: Final = r"[+-]?[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9][0-9_]*)?"
_HEXADECIMAL: Final = r"[+-]?0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?[pP][+-]?[0-9][0-9_]*"
# An underscore may only stand between two digits, or between `0x` and a digit.
_STRAY_IN_DECIMAL: Final = r"(?<![0-9])_|_(?![0-9])"
_STRAY_IN_HEXADECIMAL: Final = r"(?<![0-9a-fA-FxX])_|_(?![0-9a-fA-F])"


def format_shortest(value: float) -> str:
    """Write a double as `string(double)` does: the fewest digits that read back the same.

    Source: Go fmt, verb `%g`: exponents below -4 or above 5 are written, as in `1e+06`.
    """
    if not math.isfinite(value):
        return format_special(value)
    return in_shortest_form(repr(value))


def in_shortest_form(printed: str) -> str:
    """Write a finite number, printed in any way, as Go's verb `%g` does."""
    sign, digits, exponent = take_apart(printed)
    if not -4 <= exponent < 6:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    return sign + plain_digits(digits, exponent)


def format_plain(value: float) -> str:
    """Write a finite double with the fewest digits and never an exponent.

    Source: Go strconv, `FormatFloat(value, 'f', -1, 64)`.
    """
    sign, digits, exponent = take_apart(repr(value))
    return sign + plain_digits(digits, exponent)


def format_special(value: float) -> str:
    """Write NaN or an infinity."""
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"


def parse_double(text: str) -> float | None:
    """Read a double; None where the text is none or is out of range.

    Source: Go strconv, `ParseFloat(text, 64)`: hexadecimal floats and underscores between digits are fine.
    """
    if re.fullmatch(_SPECIAL, text):
        return float(text)
    if re.fullmatch(_DECIMAL, text):
        if "_" in text and re.search(_STRAY_IN_DECIMAL, text):
            return None
        read: Callable[[str], float] = float
    elif re.fullmatch(_HEXADECIMAL, text):
        if "_" in text and re.search(_STRAY_IN_HEXADECIMAL, text):
            return None
        read = float.fromhex
    else:
        return None
    try:
        value = read(text.replace("_", ""))
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def take_apart(printed: str) -> tuple[str, str, int]:
    """Split a printed number into sign, significant digits and decimal exponent (d.ddd times 10**exponent)."""
    sign = "-" if printed.startswith("-") else ""
    mantissa, _, exponent_text = printed.removeprefix("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    exponent = int(exponent_text or 0) + len(whole) - 1
    digits = whole + fraction
    significant = digits.lstrip("0")
    if not significant:
        return sign, "0", 0
    exponent -= len(digits) - len(significant)
    return sign, significant.rstrip("0"), exponent


def plain_digits(digits: str, exponent: int) -> str:
    """Write d.ddd times 10**exponent without an exponent."""
    if exponent < 0:
        return f"0.{'0' * (-exponent - 1)}{digits}"
    if len(digits) <= exponent + 1:
        return digits.ljust(exponent + 1, "0")
    return f"{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
