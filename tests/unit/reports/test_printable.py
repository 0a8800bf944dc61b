from __future__ import annotations

import pytest

from policy_engine.reports.printable import printable, width


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb", "a b"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\rc", "a\\nb\\rc"),
        ("right\u202eleft", "right\\u202eleft"),
        ("\x9b31m", "\\x9b31m"),
        ("half \udc80", "half \\udc80"),
        ("wörker 漢字", "wörker 漢字"),
    ],
)
def test_nothing_in_a_text_is_obeyed_by_a_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize(("text", "columns"), [("abc", 3), ("漢字", 4), ("é", 1), ("e\u0301", 1)])
def test_width_counts_columns(text: str, columns: int) -> None:
    assert width(text) == columns
