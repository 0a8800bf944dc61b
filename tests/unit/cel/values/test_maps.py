from __future__ import annotations

import math
from typing import Any

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.values import (
    ABSENT,
    Duration,
    KeyedMap,
    Timestamp,
    UInt,
    contains,
    find,
    insert,
    make_map,
)


def test_maps_of_string_keys_are_dicts() -> None:
    assert make_map([("a", 1), ("b", 2), ("a", 3)]) == {"a": 3, "b": 2}
    assert type(make_map([("a", 1)])) is dict
    assert make_map([]) == {}


def test_keys_of_different_types_stay_apart() -> None:
    map_ = make_map([(1, "int"), (UInt(1), "uint"), (1.0, "double"), (True, "bool"), ("1", "string")])
    assert len(map_) == 5
    assert [find(map_, key) for key in (1, UInt(1), 1.0, True, "1")] == [
        "int",
        "uint",
        "double",
        "bool",
        "string",
    ]


@pytest.mark.parametrize(
    ("key", "sought", "is_found"),
    [
        (1, 1.0, True),
        (1, UInt(1), True),
        (UInt(1), 1, True),
        (UInt(1), 1.0, True),
        (1.0, 1, False),
        (1, 1.5, False),
        (1, True, False),
        (-1, UInt(1), False),
        (None, None, True),
        (Duration(5), Duration(5), True),
        (Timestamp(5), Timestamp(5), True),
        (Timestamp(5, 3600), Timestamp(5, 3600), False),
        ([1], [1], False),
        (math.nan, math.nan, False),
        (0.0, -0.0, True),
    ],
)
def test_finds_what_go_finds(key: Any, sought: Any, is_found: bool) -> None:
    map_ = make_map([(key, "found")])
    assert (find(map_, sought) == "found") is is_found
    assert contains(sought, map_) is is_found


def test_the_last_of_several_equal_keys_wins() -> None:
    assert find(make_map([(1, "a"), (1, "b")]), 1) == "b"


def test_an_absent_value_takes_its_key_out_again() -> None:
    assert make_map([("a", 1), ("a", ABSENT)]) == {}
    assert len(make_map([(1, 1), (1, ABSENT), (2, 2)])) == 1


def test_dicts_have_string_keys_only() -> None:
    assert find({"1": 1}, 1) is ABSENT
    assert not contains(1, {"1": 1})


def test_insert_gives_a_larger_map_and_leaves_the_old_one() -> None:
    old = {"a": 1}
    assert insert(old, "b", 2) == {"a": 1, "b": 2}
    assert old == {"a": 1}
    assert isinstance(insert(old, 1, 2), KeyedMap)


def test_insert_refuses_a_key_that_is_there() -> None:
    with pytest.raises(EvaluationError, match=r"^insert failed: key a already exists$"):
        insert({"a": 1}, "a", 2)
    with pytest.raises(EvaluationError, match=r"^insert failed: key 1 already exists$"):
        insert(make_map([(1, 1)]), 1.0, 2)
