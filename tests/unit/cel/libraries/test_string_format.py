from __future__ import annotations

import pytest

from policy_engine.cel.errors import ResultTooLarge
from policy_engine.cel.libraries.string_format import Clause, FormatError, format_values, interpolate
from policy_engine.cel.types import Kind
from policy_engine.cel.values.arithmetic import MAX_STRING


def _show(index: int, clause: Clause) -> str:
    return f"<{index}{clause.letter}{clause.precision}>"


def test_hands_over_every_clause_with_its_index() -> None:
    assert interpolate("a%s%%%.3f%X", 3, _show) == "a<0sNone>%<1f3><2XNone>"


def test_a_clause_knows_what_it_takes() -> None:
    assert Kind.DOUBLE in Clause("f", None).verb.kinds
    assert Clause("X", None).verb == Clause("x", None).verb
    assert Clause("d", None).verb.refusal.startswith("decimal clause")


@pytest.mark.parametrize(
    ("text", "count", "when_run", "when_checked"),
    [
        ("%", 1, "unexpected end of string", "unexpected end of string"),
        ("%", 0, "index 0 out of range", "unexpected end of string"),
        ("%q", 0, "index 0 out of range", "index 0 out of range"),
        (
            "%q",
            1,
            'could not parse formatting clause: unrecognized formatting clause "q"',
            'could not parse formatting clause: unrecognized formatting clause "q"',
        ),
        ("%s%s", 1, "index 1 out of range", "index 1 out of range"),
    ],
)
def test_finds_the_first_mistake(text: str, count: int, when_run: str, when_checked: str) -> None:
    with pytest.raises(FormatError) as refused:
        interpolate(text, count, _show)
    assert refused.value.message == when_run
    with pytest.raises(FormatError) as refused:
        interpolate(text, count, _show, static=True)
    assert refused.value.message == when_checked


def test_says_that_it_was_formatting_when_a_value_is_refused() -> None:
    def refuse(index: int, clause: Clause) -> str:
        raise FormatError("not this one")

    with pytest.raises(FormatError) as refused:
        interpolate("%s", 1, refuse)
    assert refused.value.message == "error during formatting: not this one"


def test_digits_without_end_cost_nothing() -> None:
    with pytest.raises(FormatError, match="value out of range"):
        interpolate(f"%.{'9' * 100_000}f", 1, _show)
    assert interpolate(f"%.{'0' * 100_000}2f", 1, _show) == "<0f2>"


def test_stops_a_result_that_nothing_could_afford_to_look_at() -> None:
    half = "a" * (MAX_STRING // 2)
    with pytest.raises(ResultTooLarge):
        format_values("%s%s", [half, half])
