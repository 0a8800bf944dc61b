"""CEL's `<`, `<=`, `>`, `>=`: within a type, and between numbers of different types."""

from __future__ import annotations

from typing import Any, Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.values.dispatch import no_such_overload
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.timestamps import Timestamp

_NATIVE: Final = frozenset({bool, bytes, int, str, UInt})
_ORDERED: Final = _NATIVE | {float, Duration, Timestamp}
_NUMBERS: Final = frozenset({float, int, UInt})


def compare(left: Any, right: Any, function: str = "_<_") -> int:
    """Give -1, 0 or 1 as left is smaller than, equal to or greater than right.

    function: the name a refusal may mention.
    Raises EvaluationError for NaN and NoSuchOverload for types that have no order between them.
    Source: cel-go common/types/compare.go and the `Compare` of each type.
    """
    class_ = left.__class__
    other = right.__class__
    if class_ is other and class_ in _NATIVE:
        return int(left > right) - int(left < right)
    if class_ in _NUMBERS and other in _NUMBERS:
        return _compare_numbers(left, right)
    if class_ is other and (class_ is Timestamp or class_ is Duration):
        return int(left.ns > right.ns) - int(left.ns < right.ns)
    if class_ is float and left != left:
        raise EvaluationError("NaN values cannot be ordered")
    raise no_such_overload(function, (left, right))


def has_order(value: Any) -> bool:
    """Tell whether a value's type knows `<` at all."""
    return value.__class__ in _ORDERED


def less(left: Any, right: Any) -> bool:
    """Compute `left < right`."""
    return compare(left, right, "_<_") < 0


def less_or_equal(left: Any, right: Any) -> bool:
    """Compute `left <= right`."""
    return compare(left, right, "_<=_") <= 0


def greater(left: Any, right: Any) -> bool:
    """Compute `left > right`."""
    return compare(left, right, "_>_") > 0


def greater_or_equal(left: Any, right: Any) -> bool:
    """Compute `left >= right`."""
    return compare(left, right, "_>=_") >= 0


def _compare_numbers(left: Any, right: Any) -> int:
    if left != left or right != right:
        raise EvaluationError("NaN values cannot be ordered")
    if left.__class__ is float or right.__class__ is float:
        # Lossy on purpose: the integer goes through a double, as in cel-go.
        left, right = float(left), float(right)
    return int(left > right) - int(left < right)
