from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Cost
from policy_engine.cel.values import Optional, make_map


@pytest.mark.parametrize(
    ("cost", "args", "result", "units", "reason"),
    [
        (costs.FIRST_ARGUMENT, ["a" * 21], None, 3, "a tenth for each code point, rounded up"),
        (costs.FIRST_ARGUMENT, ["é" * 20], None, 2, "code points, not bytes"),
        (costs.FIRST_ARGUMENT, [""], None, 0, "nothing to look at"),
        (costs.FIRST_ARGUMENT, [EvaluationError("x")], None, 1, "an error has size 1"),
        (costs.BOTH_ARGUMENTS, ["a" * 5, "a" * 6], None, 2, "added before rounding"),
        (costs.SMALLER_ARGUMENT, ["a" * 100, "a"], None, 1, "the shorter decides"),
        (costs.EQUALITY, [[1] * 30, [1] * 40], None, 3, "lists by their length"),
        (costs.EQUALITY, [Optional("a" * 30), Optional("a" * 30)], None, 3, "optionals by what they hold"),
        (costs.LIST_MEMBERSHIP, [1, [1, 2, 3]], None, 3, "every element"),
        (costs.SUBSTRING_SEARCH, ["a" * 100, "a" * 20], None, 20, "one for every pair of tens"),
        (costs.REGEX_MATCH, ["", "abcde"], None, 2, "an empty text counts as one character"),
        (costs.STRING_TWICE, ["a" * 10], None, 2, "there and back"),
        (costs.JOINED, [["a"]], "a" * 10, 2, "the result decides"),
        (costs.TRAVERSAL, [["a" * 19, 1, {"k" * 10: None}]], None, 4, "rounded down for each string"),
        (costs.TRAVERSAL, ["é" * 5], None, 1, "bytes here, not code points"),
        (costs.TRAVERSAL, [make_map([(1, 2)])], None, 2, "keys and values"),
        (costs.SET_OPERATION, [[1, 2], [1, 2, 3]], None, 7, "every pair"),
        (costs.SET_EQUIVALENCE, [[1, 2], [1, 2, 3]], None, 13, "every pair, both ways"),
        (costs.LIST_OUTPUT, [], [1, 2], 13, "a list and its elements"),
        (costs.LIST_FLATTEN, [[1, 2], 3], None, 17, "once for each level"),
        (costs.LIST_FLATTEN, [[1, 2], -10], None, -9, "a negative depth underflows"),
        (costs.LIST_FLATTEN, [[1, 2], (1 << 63) - 1], None, 11 + (1 << 63), "a huge one overflows"),
        (costs.LIST_SELF_COMPARE, [["a"] * 10], None, 221, "strings are compared over their length"),
        (costs.LIST_KEYS_COMPARE, [[], [1] * 10], None, 211, "the keys decide"),
        (costs.LIST_SELF_COMPARE, [[]], None, 11, "nothing to compare"),
    ],
)
def test_charges_what_kubernetes_charges(
    cost: Cost, args: list[Any], result: Any, units: int, reason: str
) -> None:
    assert cost.actual(args, result) == units, reason


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({}, "*types.baseMap is not traits.Lister: missing method Add"),
        ("a", "types.String is not traits.Lister: missing method Contains"),
        (True, "types.Bool is not traits.Lister: missing method Add"),
        (EvaluationError("x"), "*types.Err is not traits.Lister: missing method Add"),
    ],
)
def test_cannot_charge_for_what_is_no_list(value: Any, message: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        costs.LIST_SELF_COMPARE.actual([value], None)
    assert refused.value.message == f"internal error: interface conversion: {message}"
