"""The value of the quantity library: an amount and the format it is written in.

An amount is kept in one of two forms, and the form shows: only a *fixed* one (an int64 times a power of ten) can
be an integer, and what a sum is rounded to follows from it. So the forms are kept as Kubernetes has them.

Where this differs from Kubernetes: there `q.add(x)` on a quantity in the *decimal* form changes `q` itself,
and a comparison may change its form. Values are immutable here.

Source: apimachinery pkg/api/resource/quantity.go, suffix.go; apiserver pkg/cel/quantity.go.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.libraries.quantity_amount import (
    Amount,
    add_decimal,
    add_fixed,
    compare,
    exact_int,
    float_power_of_ten,
    int32,
    normalized,
    scaled_up,
)
from policy_engine.cel.types import struct
from policy_engine.cel.values.numbers import INT_MIN
from policy_engine.cel.values.opaque import OpaqueValue

QUANTITY: Final = struct("kubernetes.Quantity")

DECIMAL_EXPONENT: Final = "e"
DECIMAL_SI: Final = "si"
BINARY_SI: Final = "i"

DECIMAL_SUFFIXES: Final = {
    "n": -9,
    "u": -6,
    "m": -3,
    "": 0,
    "k": 3,
    "M": 6,
    "G": 9,
    "T": 12,
    "P": 15,
    "E": 18,
}
BINARY_SUFFIXES: Final = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_NAMES: Final = {exponent: name for name, exponent in DECIMAL_SUFFIXES.items()}
_BINARY_NAMES: Final = {exponent: name for name, exponent in BINARY_SUFFIXES.items()} | {0: ""}


class Quantity(OpaqueValue):
    """An amount with the format it is written in.

    is_computed: made by `add` or `sub`. Kubernetes holds such a value by pointer, and its `==` refuses a
        computed quantity on the right.
    """

    __slots__ = ("_text", "amount", "format", "is_computed")
    cel_type = QUANTITY

    def __init__(self, amount: Amount, format: str, *, text: str | None = None, is_computed: bool = False) -> None:
        """Make a quantity. text: how it was written, where that is canonical."""
        self.amount = amount
        self.format = format
        self.is_computed = is_computed
        self._text = text

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quantity) or other.is_computed:
            raise NoSuchOverload("no such overload")
        return self.compare(other) == 0

    def __hash__(self) -> int:
        return hash(normalized(self.amount))

    def __repr__(self) -> str:
        return f"Quantity({self.text()!r})"

    def compare(self, other: Quantity) -> int:
        """Give -1, 0 or 1."""
        return compare(self.amount, other.amount)

    def sign(self) -> int:
        """Give -1, 0 or 1."""
        digits = self.amount.digits
        return (digits > 0) - (digits < 0)

    def to_int(self) -> int | None:
        """Give the whole number this is, or None: no int64, a fraction, or in the decimal form."""
        digits, scale, is_fixed = self.amount
        if not is_fixed or scale < 0:
            return None
        return scaled_up(digits, scale)

    def to_float(self) -> float:
        """Give the nearest double or one of its neighbours: the power of ten is rounded on its own.

        Source: quantity.go, `AsApproximateFloat64`.
        """
        digits, scale, _ = self.amount
        try:
            base = float(digits)
        except OverflowError:
            base = float("inf") if digits > 0 else float("-inf")
        return base if scale == 0 else base * float_power_of_ten(scale)

    def add(self, other: Quantity) -> Quantity:
        """Give the sum. Raises EvaluationError where it would have too many digits."""
        return self._sum(other, 1)

    def subtract(self, other: Quantity) -> Quantity:
        """Give the difference. Raises EvaluationError where it would have too many digits."""
        return self._sum(other, -1)

    def _sum(self, other: Quantity, sign: int) -> Quantity:
        left, right = self.amount, other.amount
        format = self.format if left.digits else other.format
        total = None
        if left.is_fixed and right.is_fixed:
            # In int64 the negative of the smallest number is itself, and so Kubernetes adds it.
            digits = right.digits if right.digits == INT_MIN else sign * right.digits
            total = add_fixed(left, Amount(digits, right.scale, True))
        if total is None:
            total = add_decimal(left, Amount(sign * right.digits, right.scale, False))
        return Quantity(total, format, is_computed=True)

    def text(self) -> str:
        """Write the quantity in Kubernetes' canonical form.

        Raises EvaluationError where it has too many digits.
        """
        text = self._text
        if text is None:
            text = self._text = _canonical(self.amount, self.format)
        return text


def quantity_of_int(value: int) -> Quantity:
    """Make the quantity that `add(int)` and `sub(int)` work with."""
    return Quantity(Amount(value, 0, True), DECIMAL_EXPONENT)


def _canonical(amount: Amount, format: str) -> str:
    """Source: quantity.go, `CanonicalizeBytes`."""
    digits, scale, is_fixed = amount
    if digits == 0:
        return "0"
    if format is BINARY_SI:
        is_small = compare(amount, _MINUS_KIBI) > 0 and compare(amount, _KIBI) < 0
        whole = None if is_small else exact_int(digits, scale)
        if whole is not None:
            return _binary(whole, is_fixed)
        format = DECIMAL_SI
    digits, scale = normalized(amount)
    # An exponent that is no multiple of three is lowered to the next; Go's remainder has the dividend's sign.
    spare = scale % 3
    digits, scale = digits * 10**spare, scale - spare
    if format is DECIMAL_EXPONENT:
        return f"{_digits_text(digits)}e{int32(scale)}" if scale else _digits_text(digits)
    # An exponent without a name is dropped without a word, as Kubernetes does.
    return _digits_text(digits) + _DECIMAL_NAMES.get(scale, "")


_KIBI: Final = Amount(1024, 0, False)
_MINUS_KIBI: Final = Amount(-1024, 0, False)


def _binary(value: int, is_fixed: bool) -> str:
    exponent = 0
    if not (is_fixed and value == INT_MIN):
        while value % 1024 == 0:
            value //= 1024
            exponent += 10
    return _digits_text(value) + _BINARY_NAMES.get(exponent, "")


def _digits_text(digits: int) -> str:
    try:
        return str(digits)
    except ValueError:
        raise EvaluationError("quantity has too many digits") from None
