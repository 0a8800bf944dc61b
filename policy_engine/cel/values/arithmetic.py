"""CEL's arithmetic: checked 64-bit integers, IEEE doubles, concatenation, times.

Each function takes values of any types and refuses those that do not go together, as cel-go's operators do.
Source: cel-go common/types/overflow.go and the operators of each type in common/types.
"""

from __future__ import annotations

import math
from typing import Any

from policy_engine.cel.errors import EvaluationError, ResultTooLarge
from policy_engine.cel.values.dispatch import no_such_overload
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN, UINT_MAX, UInt
from policy_engine.cel.values.timestamps import Timestamp, is_in_range

# cel-go joins lists without copying them and charges 1. Copying a list that is longer than a call may cost
# would let a chain of doublings take all memory; no expression can look at so many elements anyway.
MAX_ELEMENTS = 1_000_000

# Where only values tell that strings or bytes are joined, cel-go charges 1 as well. The same reasoning holds:
# looking at as many code points or bytes once costs all that one call may cost.
MAX_STRING = 10_000_000


def add(left: Any, right: Any) -> Any:
    """Compute `left + right`. Raises ResultTooLarge past MAX_ELEMENTS or MAX_STRING."""
    class_ = left.__class__
    if class_ is right.__class__:
        if class_ is int:
            return _int(left + right)
        if class_ is str or class_ is bytes:
            if len(left) + len(right) > MAX_STRING:
                raise ResultTooLarge(len(left) + len(right))
            return left + right
        if class_ is float:
            return left + right
        if class_ is list:
            return _join(left, right)
        if class_ is UInt:
            return _uint(int(left) + int(right))
        if class_ is Duration:
            return Duration(_int(left.ns + right.ns))
    elif class_ is Timestamp and right.__class__ is Duration:
        return _shift(left, right.ns)
    elif class_ is Duration and right.__class__ is Timestamp:
        return _shift(right, left.ns)
    raise no_such_overload("_+_", (left, right))


def subtract(left: Any, right: Any) -> Any:
    """Compute `left - right`."""
    class_ = left.__class__
    if class_ is right.__class__:
        if class_ is int:
            return _int(left - right)
        if class_ is float:
            return left - right
        if class_ is UInt:
            return _uint(int(left) - int(right))
        if class_ is Duration:
            return Duration(_int(left.ns - right.ns))
        if class_ is Timestamp:
            return _between(left, right)
    elif class_ is Timestamp and right.__class__ is Duration:
        return _shift(left, _int(-right.ns))
    raise no_such_overload("_-_", (left, right))


def multiply(left: Any, right: Any) -> Any:
    """Compute `left * right`."""
    class_ = left.__class__
    if class_ is right.__class__:
        if class_ is int:
            return _int(left * right)
        if class_ is float:
            return left * right
        if class_ is UInt:
            return _uint(int(left) * int(right))
    raise no_such_overload("_*_", (left, right))


def divide(left: Any, right: Any) -> Any:
    """Compute `left / right`; integers are truncated toward zero."""
    class_ = left.__class__
    if class_ is right.__class__:
        if class_ is int:
            if right == 0:
                raise EvaluationError("division by zero")
            quotient = abs(left) // abs(right)
            return _int(quotient if (left < 0) == (right < 0) else -quotient)
        if class_ is float:
            return _divide_doubles(left, right)
        if class_ is UInt:
            if right == 0:
                raise EvaluationError("division by zero")
            return UInt(int(left) // int(right))
    raise no_such_overload("_/_", (left, right))


def modulo(left: Any, right: Any) -> Any:
    """Compute `left % right`; the result has the sign of left."""
    class_ = left.__class__
    if class_ is right.__class__ and (class_ is int or class_ is UInt):
        if right == 0:
            raise EvaluationError("modulus by zero")
        if class_ is UInt:
            return UInt(int(left) % int(right))
        if left == INT_MIN and right == -1:
            raise EvaluationError("integer overflow")
        remainder = abs(left) % abs(right)
        return -remainder if left < 0 else remainder
    raise no_such_overload("_%_", (left, right))


def negate(value: Any) -> Any:
    """Compute `-value`. A duration has a sign to turn as well, where the checker lets it through."""
    class_ = value.__class__
    if class_ is int:
        return _int(-value)
    if class_ is float:
        return -value
    if class_ is Duration:
        return Duration(_int(-value.ns))
    raise no_such_overload("-_", (value,))


def _int(value: int) -> int:
    if INT_MIN <= value <= INT_MAX:
        return value
    raise EvaluationError("integer overflow")


def _uint(value: int) -> UInt:
    if 0 <= value <= UINT_MAX:
        return UInt(value)
    raise EvaluationError("unsigned integer overflow")


def _join(left: list[Any], right: list[Any]) -> list[Any]:
    # An empty operand gives the other one itself: values are never changed, so they may be shared.
    if not left:
        return right
    if not right:
        return left
    if len(left) + len(right) > MAX_ELEMENTS:
        raise ResultTooLarge(len(left) + len(right))
    return left + right


def _divide_doubles(left: float, right: float) -> float:
    if right != 0:
        return left / right
    if left == 0 or left != left:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def _shift(timestamp: Timestamp, ns: int) -> Timestamp:
    moved = Timestamp(timestamp.ns + ns, timestamp.offset_s)
    if not is_in_range(moved):
        raise EvaluationError("timestamp overflow")
    return moved


def _between(left: Timestamp, right: Timestamp) -> Duration:
    seconds, ns = divmod(left.ns, 10**9)
    other_seconds, other_ns = divmod(right.ns, 10**9)
    # The whole seconds must fit by themselves: Go's intermediate result is 64 bits wide.
    return Duration(_int(_int((seconds - other_seconds) * 10**9) + ns - other_ns))
