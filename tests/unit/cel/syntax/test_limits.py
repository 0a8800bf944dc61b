"""How deep a text may be. The numbers are cel-go's: each shape meets its limit at its own depth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.cel.syntax.tree import ParsedExpression

Parse = Callable[[str], ParsedExpression]
Refusals = Callable[[str], list[str]]

TOO_NESTED = ["-1:0: expression recursion limit exceeded: 250"]
TOO_DEEP = ["-1:0: max recursion depth exceeded"]


def nested(opening: str, count: int, closing: str = ")", inner: str = "1") -> str:
    return opening * count + inner + closing * count


@pytest.mark.parametrize(
    ("shape", "most"),
    [
        (lambda n: nested("(", n), 249),
        (lambda n: nested("[", n, "]"), 249),
        (lambda n: nested("[", n + 1, "]", ""), 249),
        (lambda n: nested("{1: ", n, "}"), 249),
        (lambda n: nested("P{a: ", n, "}"), 249),
        (lambda n: nested("f(", n), 249),
        (lambda n: nested("-(", n), 249),
        (lambda n: nested("1 == (", n), 124),
        (lambda n: nested("1 + (", n), 124),
        (lambda n: nested("1 + 2 * (", n), 83),
        (lambda n: "true ? 1 : " * n + "2", 249),
        (lambda n: nested("[?", n, "]"), 249),
    ],
)
def test_brackets_nest_as_deeply_as_cel_go_allows(
    parsed: Parse, refusals: Refusals, shape: Callable[[int], str], most: int
) -> None:
    assert refusals(shape(most)) == []
    assert refusals(shape(most + 1)) == TOO_NESTED


@pytest.mark.parametrize(
    ("shape", "most"),
    [
        (lambda n: "a" + ".a" * n, 250),
        (lambda n: "a" + ".?a" * n, 250),
        (lambda n: "a" + "[0]" * n, 250),
        (lambda n: "a" + ".f()" * n, 250),
        (lambda n: "1" + " + 1" * n, 250),
        (lambda n: "1" + " == 1" * n, 250),
        (lambda n: "has(a" + ".a" * n + ")", 250),
        (lambda n: nested("a.map(x, ", n), 249),
    ],
)
def test_chains_are_as_long_as_cel_go_allows(refusals: Refusals, shape: Callable[[int], str], most: int) -> None:
    assert refusals(shape(most)) == []
    assert refusals(shape(most + 1)) in (TOO_DEEP, TOO_NESTED)


@pytest.mark.parametrize("text", ["!" * 300 + "a", " && ".join(["a"] * 3000), "[" + "1, " * 3000 + "]"])
def test_what_does_not_nest_has_no_limit(refusals: Refusals, text: str) -> None:
    assert refusals(text) == []


def test_the_limit_is_found_in_malformed_text_as_well(refusals: Refusals) -> None:
    assert refusals("(" * 300) == TOO_NESTED
    assert refusals("a" + ".a" * 300 + ".") == [
        *TOO_DEEP,
        "1:603: Syntax error: no viable alternative at input '.'",
    ]


def test_very_deep_and_very_long_texts_are_refused_quickly(refusals: Refusals) -> None:
    for text in ("(" * 99_000, "[" * 99_000, "a." * 3_000, "-" * 3_000, "a?" * 3_000, "'" * 3_001, "{" * 3_000):
        assert refusals(text)
