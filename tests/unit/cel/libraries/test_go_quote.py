"""Quoting as Go does it."""

from __future__ import annotations

import pytest

from policy_engine.cel.libraries.go_quote import quote


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("plain ü 😀", '"plain ü 😀"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x7f", '"\\x00\\x7f"'),
        ("\u00a0\u200b\U000e0001", '"\\u00a0\\u200b\\U000e0001"'),
        (b"\xff".decode("utf-8", "surrogateescape"), '"\\xff"'),
    ],
)
def test_quotes(text: str, want: str) -> None:
    assert quote(text) == want
