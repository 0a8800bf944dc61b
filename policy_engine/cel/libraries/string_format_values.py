"""How each clause of a format string writes a value. The locale is en_US, with its own idea of numbers."""

from __future__ import annotations

import math
from typing import Final

from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.cel.values.doubles import format_plain, format_shortest, format_special
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.timestamps import Timestamp
from policy_engine.cel.values.types import TypeValue
from policy_engine.cel.values.typing import type_name

_DEFAULT_PRECISION: Final = 6
_MAX_NUMBER: Final = 10_000_009  # the longest that x/text's parser reads, internal/format
_NOT_A_VERB: Final = "%!(NOVERB)"  # what x/text prints then
_SUPERSCRIPT: Final = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_DOUBLE_WORDS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def format_argument(letter: str, precision: int | None, value: Value) -> str | None:
    """Write a value as a clause wants it; None where the clause does not take values of its type.

    Raises ValueError for a value that cannot be written: a map with odd keys, bytes that are no text.
    """
    if letter == "s":
        return _text(value)
    class_ = value.__class__
    if letter in "fe":
        number = _DOUBLE_WORDS.get(value) if class_ is str else value
        if number.__class__ is not float:
            return None
        chosen = _DEFAULT_PRECISION if precision is None else precision
        return _fixed(number, chosen) if letter == "f" else _scientific(number, chosen)
    if class_ is int or class_ is UInt:
        return format(int(value), letter)
    if letter == "b" and class_ is bool:
        return "1" if value else "0"
    if letter in "xX" and (class_ is str or class_ is bytes):
        digits = (value.encode("utf-8", "surrogatepass") if class_ is str else value).hex()
        return str(digits.upper() if letter == "X" else digits)
    return None


def _text(value: Value) -> str | None:
    """Write a value by itself, as `%s` does."""
    class_ = value.__class__
    if class_ is str:
        return str(value)
    if class_ is int or class_ is UInt:
        return str(int(value))
    if class_ is bool:
        return "true" if value else "false"
    if value is None:
        return "null"
    if class_ is float:
        return format_shortest(value)
    if class_ is bytes:
        return _decoded(value)
    if class_ is list:
        return f"[{', '.join(map(_literal, value))}]"
    if class_ is dict or class_ is KeyedMap:
        return _map(value)
    if class_ is Timestamp:
        return str(value.text())
    if class_ is Duration:
        return str(value.seconds_text())
    if class_ is TypeValue:
        return str(value.name)
    return None


def _literal(value: Value) -> str:
    """Write a value inside a list or map, so that it could be read back."""
    class_ = value.__class__
    if class_ is str:
        return quote(value)
    if class_ is bytes:
        return f"b{quote(_decoded(value))}"
    if class_ is float:
        return f"{value:.6f}" if math.isfinite(value) else f'"{format_special(value)}"'
    if class_ is Timestamp:
        return f'timestamp("{value.text()}")'
    if class_ is Duration:
        return f'duration("{value.seconds_text()}")'
    text = _text(value)
    if text is None:
        raise ValueError(f"no formatting function for {type_name(value)}")
    return text


def _map(value: Value) -> str:
    entries = []
    for key, item in value.items():
        if key.__class__ not in (str, bool, int, UInt):
            raise ValueError(f"no formatting function for map key of type {type_name(key)}")
        entries.append((_literal(key), _literal(item)))
    entries.sort(key=lambda entry: entry[0])
    return "{" + ", ".join(f"{key}:{item}" for key, item in entries) + "}"


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        # The conversion's own error is what cannot be converted then.
        raise ValueError(
            'could not convert argument "invalid UTF-8 in bytes, cannot convert to string" to string'
        ) from None


def _fixed(value: float, precision: int) -> str:
    """Write with a fixed number of decimals and grouped thousands: `1,234.500000`.

    Source: x/text internal/number, which keeps the least number of decimals in 8 bits and the most in 16,
    signed: a larger precision loses its upper bits, and a negative one asks for the shortest digits.
    """
    if precision > _MAX_NUMBER:
        return _NOT_A_VERB
    if not math.isfinite(value):
        return _special(value)
    most, least = precision & 0xFFFF, precision & 0xFF
    # Adding zero takes the sign from a negative zero, which x/text does not show.
    text = format_plain(value + 0.0) if most > 0x7FFF else f"{value + 0.0:.{most}f}"
    whole, _, decimals = text.partition(".")
    sign, whole = ("-", whole[1:]) if whole[0] == "-" else ("", whole)
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{sign}{int(whole):,}{'.' if decimals else ''}{decimals}"


def _scientific(value: float, width: int) -> str:
    """Write with six decimals and a power of ten: `1.234500×10⁰³`.

    width: cel-go passes the clause's precision where the formatter expects a width.
    """
    if width > _MAX_NUMBER:
        return _NOT_A_VERB
    if math.isfinite(value):
        mantissa, _, exponent = f"{value + 0.0:.6e}".partition("e")
        text = f"{mantissa}×10{exponent.lstrip('+').translate(_SUPERSCRIPT)}"
    else:
        text = _special(value)
    return text.rjust(width & 0xFFFF)


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "∞" if value > 0 else "-∞"
