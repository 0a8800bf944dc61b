from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.values import Duration, Timestamp, no_such_overload


@pytest.mark.parametrize(
    ("function", "args", "message"),
    [
        ("find", ("a", 1), "no such overload: find(string, int)"),
        ("int", ([],), "no such overload: int(list)"),
        ("getHours", (Timestamp(0), 1), "no such overload: getHours(google.protobuf.Timestamp, int)"),
        ("_+_", (1, "a"), "no such overload"),
        ("_+_", (True, 1), "no such overload: _+_"),
        ("_*_", ("a", 1), "no such overload"),
        ("_*_", (Duration(0), 1), "no such overload"),
        ("size", (1,), "no such overload: size"),
        ("size", (Timestamp(0),), "no such overload"),
        ("matches", (1, "a"), "no such overload: matches"),
        ("matches", ("a", 1), "no such overload"),
        ("contains", (1, "a"), "no such overload"),
        ("@in", (1, 1), "no such overload"),
        ("!_", (1,), "no such overload"),
        ("sort", ("a",), "no such overload"),
        ("sort", (1,), "no such overload: sort"),
    ],
)
def test_words_a_refusal_as_the_function_does(function: str, args: tuple[Any, ...], message: str) -> None:
    assert no_such_overload(function, args).message == message
