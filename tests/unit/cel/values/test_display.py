from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.values import NONE, Duration, Optional, Timestamp, TypeValue, UInt, go_text, make_map


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a b", "a b"),
        (True, "true"),
        (-1, "-1"),
        (UInt(1), "1"),
        (1e6, "1e+06"),
        (b"ab", "[97 98]"),
        (None, "0"),
        ([1, ["a"]], "[1, [a]]"),
        ({"a": 1}, "{a: 1}"),
        (make_map([(1, 2)]), "{1: 2}"),
        (Duration(90_000_000_000), "1m30s"),
        (Timestamp(500_000_000), "1970-01-01 00:00:00.5 +0000 UTC"),
        (Timestamp(0, 5400), "1970-01-01 01:30:00 +0130 +0130"),
        (TypeValue("int"), "int"),
        (NONE, "optional.none()"),
        (Optional(1), "optional(1)"),
    ],
)
def test_prints_values_as_go_does(value: Any, text: str) -> None:
    assert go_text(value) == text
