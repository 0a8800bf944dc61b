from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.lookup import look_up, missing
from policy_engine.cel.values import ABSENT, KeyedMap, UInt


@pytest.mark.parametrize(
    ("container", "key", "expected"),
    [
        ({"a": 1}, "a", 1),
        ({"1": "text"}, 1, ABSENT),
        ({"True": "text"}, True, ABSENT),
        ([10, 20], 1, 20),
        ([10, 20], UInt(1), 20),
        ([10, 20], 1.0, 20),
        ([10, 20], 2, ABSENT),
        ([10, 20], -1, ABSENT),
        (KeyedMap([(1, "int")]), 1.0, "int"),
        (KeyedMap([(1, "int")]), True, ABSENT),
        ("text", 0, ABSENT),
        (b"bytes", 0, ABSENT),
        (None, "a", ABSENT),
        (7, "a", ABSENT),
    ],
)
def test_finds_what_cel_finds(container: Any, key: Any, expected: Any) -> None:
    assert look_up(container, key) == expected


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("a", "unsupported index type 'string' in list"),
        (True, "unsupported index type 'bool' in list"),
        (0.5, "unsupported index value 0.5 in list"),
        (float("nan"), "unsupported index value NaN in list"),
        (UInt(1 << 63), "unsupported index value 9223372036854775808 in list"),
    ],
)
def test_refuses_keys_that_are_no_index(key: Any, message: str) -> None:
    found = look_up([1], key)

    assert isinstance(found, EvaluationError)
    assert found.message == message


def test_absence_is_worded_by_the_kind_of_container() -> None:
    assert missing([], 3).message == "index out of bounds: 3"
    assert missing({}, "key").message == "no such key: key"
    assert missing(None, 1.5).message == "no such key: 1.5"


def test_looking_into_a_lazy_mapping_evaluates_it() -> None:
    class Lazy:
        def __getitem__(self, name: str) -> Any:
            if name == "failed":
                raise EvaluationError("it failed")
            return {"known": 1}[name]

    assert look_up(Lazy(), "known") == 1
    assert look_up(Lazy(), "unknown") is ABSENT
    failed = look_up(Lazy(), "failed")
    assert isinstance(failed, EvaluationError)
    assert failed.message == "it failed"
