from __future__ import annotations

import pytest

from policy_engine.admission.messages import MAX_EVALUATED_BYTES, failure_message
from policy_engine.admission.model import Validation
from policy_engine.cel.go_strings import trim_space

LONGEST = "x" * MAX_EVALUATED_BYTES


@pytest.mark.parametrize(
    ("evaluated", "want"),
    [
        ("told", "told"),
        ("  told\n", "told"),
        (LONGEST, LONGEST),
        (f"  {LONGEST}  ", LONGEST),
        (LONGEST + "x", "static"),
        ("é" * (MAX_EVALUATED_BYTES // 2) + "x", "static"),
        ("a\nb", "static"),
        ("a\rb", "a\rb"),
        ("   ", "static"),
        (None, "static"),
        (1, "static"),
        (["told"], "static"),
    ],
)
def test_only_one_short_line_of_text_is_taken_from_the_message_expression(evaluated: object, want: str) -> None:
    assert failure_message(Validation(expression="false", message=" static "), evaluated) == want


def test_without_any_message_the_expression_is_told() -> None:
    assert failure_message(Validation(expression=" 1 == 2\n", message=" \t"), None) == "failed expression: 1 == 2"


def test_white_space_is_what_go_takes_for_it() -> None:
    assert trim_space("\u00a0\u2003\u3000x\u0085\v") == "x"
    assert trim_space("\x1cx\u200b") == "\x1cx\u200b"
