from __future__ import annotations

import math
from typing import Any

import pytest

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.values import Duration, Timestamp, UInt, compare, greater_or_equal, less, less_or_equal


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (1, 2),
        (1, 1.5),
        (-1, UInt(0)),
        (UInt(1), 2),
        (1.5, UInt(2)),
        (9223372036854775807, UInt(9223372036854775808)),
        (-math.inf, -9223372036854775808),
        (False, True),
        ("a", "b"),
        ("Z", "a"),
        ("\uffff", "\U00010000"),
        (b"a", b"ab"),
        (Duration(1), Duration(2)),
        (Timestamp(1, 3600), Timestamp(2, 0)),
    ],
)
def test_orders_what_has_an_order(smaller: Any, larger: Any) -> None:
    assert less(smaller, larger)
    assert not less(larger, smaller)
    assert not greater_or_equal(smaller, larger)
    assert compare(larger, smaller) == 1


def test_compares_integers_with_doubles_through_rounding() -> None:
    assert compare(9007199254740993, 9007199254740992.0) == 0
    assert less_or_equal(9007199254740993, 9007199254740992.0)


@pytest.mark.parametrize(("left", "right"), [(math.nan, 1.0), (1, math.nan), (math.nan, "a")])
def test_nan_has_no_order(left: Any, right: Any) -> None:
    with pytest.raises(EvaluationError, match=r"^NaN values cannot be ordered$"):
        less(left, right)


@pytest.mark.parametrize(
    ("left", "right", "message"),
    [
        (1, "a", "no such overload"),
        ("a", 1, "no such overload"),
        (True, 1, "no such overload"),
        (None, 1, "no such overload: _<_"),
        ([1], [2], "no such overload: _<_"),
    ],
)
def test_refuses_types_without_an_order_between_them(left: Any, right: Any, message: str) -> None:
    with pytest.raises(NoSuchOverload) as refused:
        less(left, right)
    assert refused.value.message == message
