"""The arithmetic of quantities: numbers as an int64 times a power of ten, or as a decimal of any length.

Source: apimachinery pkg/api/resource/amount.go, math.go, and gopkg.in/inf.v0.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN

# Numbers with more digits, and sums that would need more, are refused. Kubernetes sets no limit and computes
# `1e2000000000 + 1` until memory ends; Python's own conversions stop at 4,300 digits.
MAX_DIGITS: Final = 4000
MAX_FAST_DIGITS: Final = 18  # maxInt64Factors: so many digits always fit an int64


class Amount(NamedTuple):
    """A number: `digits * 10 ** scale`. is_fixed: kept as an int64, not as a decimal of any length."""

    digits: int
    scale: int
    is_fixed: bool


def round_up(digits: int, scale: int, wanted: int) -> int:
    """Give the digits of a number at another scale, rounded away from zero."""
    shift = wanted - scale
    if shift <= 0:
        return digits * power_of_ten(-shift)
    if shift > MAX_DIGITS + 32:
        return (digits > 0) - (digits < 0)
    rounded = -(-abs(digits) // int(10**shift))
    return rounded if digits > 0 else -rounded


def power_of_ten(exponent: int) -> int:
    """Give a power of ten. Raises EvaluationError for one with too many digits."""
    if exponent > MAX_DIGITS:
        raise EvaluationError("quantity has too many digits")
    return int(10**exponent)


def scaled_up(value: int, scale: int) -> int | None:
    """Multiply by a power of ten; None where that leaves int64 (the smallest int64 always does)."""
    if value == 0 or scale == 0:
        return value
    if scale > MAX_FAST_DIGITS:
        return None
    value *= 10**scale
    return value if INT_MIN < value <= INT_MAX else None


def add_fixed(left: Amount, right: Amount) -> Amount | None:
    """Add in int64; None on overflow. Source: amount.go, `int64Amount.Add`."""
    if right.digits == 0:
        return left
    if left.digits == 0:
        return right
    scale = min(left.scale, right.scale)
    a = scaled_up(left.digits, left.scale - scale)
    b = scaled_up(right.digits, right.scale - scale)
    if a is None or b is None or not INT_MIN <= a + b <= INT_MAX:
        return None
    return Amount(a + b, scale, True)


def add_decimal(left: Amount, right: Amount) -> Amount:
    """Add without limits but the number of digits. Raises EvaluationError."""
    scale = min(left.scale, right.scale)
    a = left.digits * power_of_ten(left.scale - scale)
    b = right.digits * power_of_ten(right.scale - scale)
    return Amount(a + b, scale, False)


def compare(left: Amount, right: Amount) -> int:
    """Give -1, 0 or 1, without computing powers of ten that cannot matter."""
    a, b = left.digits, right.digits
    if left.scale != right.scale and a and b and (a > 0) is (b > 0):
        scale = min(left.scale, right.scale)
        if max(left.scale, right.scale) - scale > 4 * MAX_DIGITS:
            # So far apart that no digits make up for it.
            larger = 1 if left.scale > right.scale else -1
            return larger if a > 0 else -larger
        a *= 10 ** (left.scale - scale)
        b *= 10 ** (right.scale - scale)
    return (a > b) - (a < b)


def normalized(amount: Amount) -> tuple[int, int]:
    """Give digits and scale with no zero at the end of the digits."""
    digits, scale = amount.digits, amount.scale
    if digits == 0:
        return 0, 0
    while digits % 10 == 0:
        digits //= 10
        scale += 1
    return digits, scale


def exact_int(digits: int, scale: int) -> int | None:
    """Give the whole number this is, or None for a fraction. Raises EvaluationError if it is too long."""
    if scale >= 0:
        return digits * power_of_ten(scale)
    if -scale > MAX_DIGITS:
        return None
    whole, rest = divmod(digits, int(10**-scale))
    return None if rest else whole


def float_power_of_ten(exponent: int) -> float:
    """Give a power of ten as Go's `math.Pow10`: 0 or infinity outside a double's range."""
    if 0 <= exponent <= 308:
        return float(f"1e{exponent // 32 * 32}") * float(f"1e{exponent % 32}")
    if -323 <= exponent <= 0:
        return float(f"1e-{-exponent // 32 * 32}") / float(f"1e{-exponent % 32}")
    return float("inf") if exponent > 0 else 0.0


def int32(value: int) -> int:
    """Keep the low 32 bits, signed, as Go's conversion does."""
    return (value + (1 << 31)) % (1 << 32) - (1 << 31)
