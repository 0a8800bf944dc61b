"""Findings on malformed texts, in the words of cel-go. Many more are in tests/conformance/cel_go_parser."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Refusals = Callable[[str], list[str]]

EXPRESSION = (
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', "
    "NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}"
)


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("a b", ["1:3: Syntax error: extraneous input 'b' expecting <EOF>"]),
        ("a and b", ["1:3: Syntax error: mismatched input 'and' expecting <EOF>"]),
        ("a &&", [f"1:5: Syntax error: mismatched input '<EOF>' expecting {EXPRESSION}"]),
        ("a == = b", ["1:6: Syntax error: token recognition error at: '= '"]),
        ("true ? 1", ["1:9: Syntax error: mismatched input '<EOF>' expecting ':'"]),
        ("(a", ["1:3: Syntax error: missing ')' at '<EOF>'"]),
        ("[1, 2", ["1:6: Syntax error: mismatched input '<EOF>' expecting {']', ','}"]),
        ("f(a,)", [f"1:5: Syntax error: mismatched input ')' expecting {EXPRESSION}"]),
        ("a.true", ["1:3: Syntax error: mismatched input 'true' expecting IDENTIFIER"]),
        ("a.in b", ["1:3: Syntax error: no viable alternative at input '.in'"]),
        ("a.\n", ["2:1: Syntax error: no viable alternative at input '.\\n'"]),
        ("!-a", ["1:3: Syntax error: no viable alternative at input '-a'"]),
        ("a ? b ? c : d : e", ["1:7: Syntax error: mismatched input '?' expecting ':'"]),
        ("{a 1}", ["1:4: Syntax error: missing ':' at '1'"]),
    ],
)
def test_says_what_is_wrong_as_cel_go_does(refusals: Refusals, text: str, messages: list[str]) -> None:
    assert refusals(text) == messages


def test_goes_on_after_an_error_to_find_the_next(refusals: Refusals) -> None:
    assert refusals("f(1 2) + [3 4] + as") == [
        "1:5: Syntax error: extraneous input '2' expecting ')'",
        "1:13: Syntax error: extraneous input '4' expecting {']', ','}",
        "1:18: reserved identifier: as",
    ]


def test_looks_into_what_could_be_read_for_wrong_macros_and_literals(refusals: Refusals) -> None:
    assert refusals("has(a) && b.all(1, 9223372036854775808) c") == [
        "1:5: invalid argument to has() macro",
        "1:17: argument must be a simple name",
        "1:20: invalid int literal",
        "1:41: Syntax error: extraneous input 'c' expecting <EOF>",
    ]


def test_stops_after_a_hundred_errors(refusals: Refusals) -> None:
    messages = refusals("#" * 500)
    assert len(messages) == 101
    assert messages[-1] == "1:101: Syntax error: More than 100 syntax errors"


def test_stops_after_thirty_recoveries(refusals: Refusals) -> None:
    messages = refusals("(]" * 40)
    assert messages[-1].endswith("Syntax error: error recovery attempt limit exceeded: 30")


def test_stops_when_too_much_would_be_skipped(refusals: Refusals) -> None:
    messages = refusals("a " * 300)
    assert "-1:0: error recovery token lookahead limit exceeded: 256" in messages


def test_skips_pieces_that_are_no_tokens_in_what_it_quotes(refusals: Refusals) -> None:
    assert refusals("- #)")[1] == "1:4: Syntax error: no viable alternative at input '- )'"


def test_nothing_at_all_is_refused_at_a_column_of_its_own(refusals: Refusals) -> None:
    assert refusals("") == [f"1:0: Syntax error: mismatched input '<EOF>' expecting {EXPRESSION}"]
    assert refusals(" ") == [f"1:2: Syntax error: mismatched input '<EOF>' expecting {EXPRESSION}"]
