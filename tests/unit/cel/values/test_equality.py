from __future__ import annotations

import math
from typing import Any

import pytest

from policy_engine.cel.errors import NoSuchOverload
from policy_engine.cel.types import opaque
from policy_engine.cel.values import (
    NONE,
    Duration,
    OpaqueValue,
    Optional,
    Timestamp,
    TypeValue,
    UInt,
    contains,
    equal,
    make_map,
)


class Coin(OpaqueValue):
    """A library value for these tests."""

    cel_type = opaque("test.Coin")

    def __init__(self, worth: int) -> None:
        self.worth = worth

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Coin) and other.worth == self.worth

    def __hash__(self) -> int:
        return hash(self.worth)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (1, UInt(1)),
        (1.0, UInt(1)),
        (9007199254740993, 9007199254740992.0),
        (0.0, -0.0),
        ([1, [2.0]], [1.0, [UInt(2)]]),
        ({"a": 1}, {"a": 1.0}),
        (make_map([(1, "a")]), make_map([(UInt(1), "a")])),
        (make_map([]), {}),
        (None, None),
        (Optional(1), Optional(1.0)),
        (NONE, Optional()),
        (Timestamp(5, 3600), Timestamp(5, 0)),
        (Duration(5), Duration(5)),
        (TypeValue("int"), TypeValue("int")),
        (Coin(1), Coin(1)),
    ],
)
def test_values_of_the_same_worth_are_equal(left: Any, right: Any) -> None:
    assert equal(left, right)
    assert equal(right, left)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (True, 1),
        (False, 0.0),
        ("1", 1),
        (b"a", "a"),
        (None, False),
        ([], {}),
        ([1], [1, 2]),
        ({"a": 1}, {"b": 1}),
        ({"a": None}, {"b": None}),
        ([True], [1]),
        (math.nan, math.nan),
        (Optional(1), 1),
        (NONE, Optional(None)),
        (Duration(0), 0),
        (Timestamp(0), Duration(0)),
        (-1, UInt(18446744073709551615)),
    ],
)
def test_values_of_other_worth_or_type_differ(left: Any, right: Any) -> None:
    assert not equal(left, right)
    assert not equal(right, left)


def test_nan_differs_from_itself_inside_containers() -> None:
    nan = math.nan
    values = [nan]
    assert not equal(values, values)
    assert not equal({"a": nan}, {"a": nan})
    assert not contains(nan, values)


def test_library_values_refuse_to_be_compared_with_other_types() -> None:
    with pytest.raises(NoSuchOverload, match=r"^no such overload$"):
        equal(Coin(1), 1)


def test_library_values_are_not_null() -> None:
    assert not equal(Coin(1), None)
    assert not equal(None, Coin(1))


def test_other_types_differ_from_library_values() -> None:
    assert not equal(1, Coin(1))


def test_lists_take_elements_that_cannot_be_compared_for_equal() -> None:
    assert equal([Coin(1)], [1])
    assert not equal([1], [Coin(1)])
