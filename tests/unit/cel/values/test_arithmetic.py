from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from policy_engine.cel.errors import EvaluationError, ResultTooLarge
from policy_engine.cel.values import (
    INT_MAX,
    INT_MIN,
    UINT_MAX,
    Duration,
    Timestamp,
    UInt,
    add,
    divide,
    modulo,
    multiply,
    negate,
    subtract,
)
from policy_engine.cel.values.arithmetic import MAX_ELEMENTS, MAX_STRING
from policy_engine.cel.values.timestamps import MAX_SECONDS, MIN_SECONDS, NS


@pytest.mark.parametrize(
    ("operation", "left", "right", "result"),
    [
        (add, 1, 2, 3),
        (add, "a", "b", "ab"),
        (add, b"a", b"b", b"ab"),
        (add, [1], ["a"], [1, "a"]),
        (add, UInt(1), UInt(2), UInt(3)),
        (add, 0.5, 0.25, 0.75),
        (add, Duration(1), Duration(2), Duration(3)),
        (add, Duration(1), Timestamp(2), Timestamp(3)),
        (subtract, Timestamp(5), Timestamp(2), Duration(3)),
        (subtract, Timestamp(5), Duration(2), Timestamp(3)),
        (subtract, UInt(5), UInt(2), UInt(3)),
        (multiply, -3, 4, -12),
        (divide, 7, -2, -3),
        (divide, -7, 2, -3),
        (divide, 1.0, 0.0, math.inf),
        (divide, -1.0, 0.0, -math.inf),
        (divide, 1.0, -0.0, -math.inf),
        (modulo, -7, 3, -1),
        (modulo, 7, -3, 1),
        (modulo, UInt(7), UInt(3), UInt(1)),
    ],
)
def test_computes(operation: Callable[[Any, Any], Any], left: Any, right: Any, result: Any) -> None:
    computed = operation(left, right)
    assert computed == result
    assert type(computed) is type(result)


def test_zero_by_zero_is_nan() -> None:
    assert math.isnan(divide(0.0, 0.0))
    assert math.isnan(divide(math.nan, 0.0))


@pytest.mark.parametrize(
    ("operation", "left", "right", "message"),
    [
        (add, INT_MAX, 1, "integer overflow"),
        (subtract, INT_MIN, 1, "integer overflow"),
        (multiply, INT_MIN, -1, "integer overflow"),
        (divide, INT_MIN, -1, "integer overflow"),
        (modulo, INT_MIN, -1, "integer overflow"),
        (add, UInt(UINT_MAX), UInt(1), "unsigned integer overflow"),
        (subtract, UInt(0), UInt(1), "unsigned integer overflow"),
        (divide, 1, 0, "division by zero"),
        (modulo, UInt(1), UInt(0), "modulus by zero"),
        (add, Duration(INT_MAX), Duration(1), "integer overflow"),
        (add, Timestamp(MAX_SECONDS * NS), Duration(NS), "timestamp overflow"),
        (subtract, Timestamp(MIN_SECONDS * NS), Duration(1), "timestamp overflow"),
        (subtract, Timestamp(0), Duration(INT_MIN), "integer overflow"),
        (subtract, Timestamp(0), Timestamp(MIN_SECONDS * NS), "integer overflow"),
        (add, 1, UInt(1), "no such overload"),
        (add, 1, True, "no such overload"),
        (add, True, 1, "no such overload: _+_"),
        (add, None, 1, "no such overload: _+_"),
        (subtract, "a", "b", "no such overload"),
        (subtract, [1], [1], "no such overload: _-_"),
        (modulo, 1.5, 1.0, "no such overload: _%_"),
        (add, Timestamp(0), Timestamp(0), "no such overload"),
    ],
)
def test_refuses(operation: Callable[[Any, Any], Any], left: Any, right: Any, message: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        operation(left, right)
    assert refused.value.message == message


def test_negates_numbers_only() -> None:
    assert negate(5) == -5
    assert math.copysign(1, negate(0.0)) == -1
    with pytest.raises(EvaluationError, match=r"^integer overflow$"):
        negate(INT_MIN)
    with pytest.raises(EvaluationError, match=r"^no such overload$"):
        negate(True)
    with pytest.raises(EvaluationError, match=r"^no such overload: -_$"):
        negate(UInt(1))


def test_sums_keep_the_offset_of_a_timestamp() -> None:
    assert add(Timestamp(0, 3600), Duration(NS)).text() == "1970-01-01T01:00:01+01:00"


def test_joining_does_not_copy_an_operand_beside_an_empty_one() -> None:
    values = [1]
    assert add(values, []) is values
    assert add([], values) is values


def test_stops_lists_from_doubling_for_ever() -> None:
    half = [0] * MAX_ELEMENTS
    with pytest.raises(ResultTooLarge):
        add(half, half)


@pytest.mark.parametrize("half", ["a" * MAX_STRING, b"a" * MAX_STRING], ids=["string", "bytes"])
def test_stops_strings_and_bytes_from_doubling_for_ever(half: str | bytes) -> None:
    with pytest.raises(ResultTooLarge):
        add(half, half)
