"""Quantities read: `500m`, `1.5Gi`, `12e6`.

Source: apimachinery pkg/api/resource/quantity.go, `ParseQuantity`; suffix.go.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.quantity_amount import (
    MAX_DIGITS,
    MAX_FAST_DIGITS,
    Amount,
    compare,
    int32,
    round_up,
)
from policy_engine.cel.libraries.quantity_value import (
    BINARY_SI,
    BINARY_SUFFIXES,
    DECIMAL_EXPONENT,
    DECIMAL_SI,
    DECIMAL_SUFFIXES,
    Quantity,
)
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN

# Patterns are compiled when first used: `re` keeps them.
_SHAPE: Final = r"([+-]?)(0*)([0-9]*)(?:(\.)([0-9]*))?([eEinumkKMGTP]*[-+]?[0-9]*)"
_EXPONENT: Final = r"[+-]?0*[0-9]{1,20}"
_NANO: Final = -9

_WRONG_FORMAT: Final = (
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
)
_WRONG_NUMBER: Final = "unable to parse numeric part of quantity"
_WRONG_SUFFIX: Final = "unable to parse quantity's suffix"


@lru_cache(maxsize=1024)
def parse_quantity(text: str) -> Quantity:
    """Read a quantity. Texts come again and again, so the latest are kept.

    Raises EvaluationError.
    Source: quantity.go, `ParseQuantity`.
    """
    if text == "0":
        return Quantity(Amount(0, 0, True), DECIMAL_SI, text="0")
    shape = re.fullmatch(_SHAPE, text)
    if shape is None or not text:
        raise EvaluationError(_WRONG_FORMAT)
    sign, zeros, whole, point, fraction, suffix = shape.groups(default="")
    if not (whole or point or suffix):
        whole = "0"  # nothing but zeros, or nothing but a sign
    if len(whole) + len(fraction) > MAX_DIGITS:
        raise EvaluationError(_WRONG_NUMBER)
    exponent, format = _read_suffix(suffix)
    is_negative = sign == "-"
    fast = _parse_fixed(whole or "0", fraction, exponent, format)
    if fast is not None:
        value, scale, is_canonical = fast
        amount = Amount(-value if is_negative else value, scale, True)
        return Quantity(amount, format, text=text if is_canonical else None)
    if not (zeros or whole or fraction):
        raise EvaluationError(_WRONG_NUMBER)
    digits = int(whole + fraction or "0")
    return _parse_decimal(digits, len(fraction), exponent, format, is_negative)


def _read_suffix(suffix: str) -> tuple[int, str]:
    if suffix in DECIMAL_SUFFIXES:
        return DECIMAL_SUFFIXES[suffix], DECIMAL_SI
    if suffix in BINARY_SUFFIXES:
        return BINARY_SUFFIXES[suffix], BINARY_SI
    if suffix[0] in "eE" and re.fullmatch(_EXPONENT, suffix[1:]):
        exponent = int(suffix[1:])
        if INT_MIN <= exponent <= INT_MAX:
            return int32(exponent), DECIMAL_EXPONENT
    raise EvaluationError(_WRONG_SUFFIX)


def _parse_fixed(whole: str, fraction: str, exponent: int, format: str) -> tuple[int, int, bool] | None:
    """Read what fits an int64 without looking: its digits, scale, and whether the text is canonical."""
    length = len(whole) + len(fraction)
    multiplier = 1
    if format is BINARY_SI:
        scale = 0
        if fraction or 15 - length - exponent * 3 // 10 - 1 < 0:
            return None
        multiplier = 1 << exponent
    else:
        if length > MAX_FAST_DIGITS:
            return None
        scale = int32(exponent - len(fraction))
        if scale < _NANO:
            return None
    shifted = whole + fraction
    value = int(shifted)
    if format is BINARY_SI:
        is_canonical = value & 7 != 0
    else:
        is_canonical = scale % 3 == 0 and not shifted.endswith("000") and shifted[0] != "0"
    return value * multiplier, scale, is_canonical


def _parse_decimal(digits: int, places: int, exponent: int, format: str, is_negative: bool) -> Quantity:
    if format is BINARY_SI:
        digits, scale = digits << exponent, -places
    else:
        scale = exponent - places
    if digits:
        digits, scale = round_up(digits, scale, _NANO), _NANO
    if format is BINARY_SI:
        if compare(Amount(digits, scale, False), _LARGEST) > 0:
            digits, scale = INT_MAX, 0
        if digits and compare(Amount(digits, scale, False), _ONE) < 0:
            format = DECIMAL_SI
    return Quantity(Amount(-digits if is_negative else digits, scale, False), format)


_LARGEST: Final = Amount(INT_MAX, 0, False)
_ONE: Final = Amount(1, 0, False)
