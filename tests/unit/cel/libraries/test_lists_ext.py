from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.lists_ext import sort_by_keys
from policy_engine.cel.values import Duration, Timestamp


@pytest.mark.parametrize(
    ("keys", "order"),
    [
        ([3, 1, 2], "bca"),
        (["b", "a", "c"], "bac"),
        ([True, False, True], "bac"),
        ([Duration(2), Duration(1), Duration(3)], "bac"),
        ([Timestamp(2, 60), Timestamp(1), Timestamp(3)], "bac"),
        ([1.0, 1.0, 0.0], "cab"),
        ([3.0, math.nan, 1.0], "abc"),
    ],
)
def test_sorts_by_keys_of_one_type(keys: list[Any], order: str) -> None:
    assert sort_by_keys(list("abc"), keys) == list(order)


@given(st.lists(st.integers(0, 3), max_size=12))
def test_equal_keys_keep_their_order(keys: list[int]) -> None:
    values = list(range(len(keys)))
    assert sort_by_keys(values, keys) == sorted(values, key=lambda index: (keys[index], index))


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ([1, 1.0], "list elements must have the same type"),
        ([1, True], "list elements must have the same type"),
        ([None, None], "list elements must be comparable"),
        ([[1], [2]], "list elements must be comparable"),
    ],
)
def test_refuses_keys_without_a_common_order(keys: list[Any], message: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        sort_by_keys([0, 1], keys)
    assert refused.value.message == message
