from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.cel.source import Source
from policy_engine.cel.syntax import parse
from policy_engine.cel.syntax.tree import ACCUMULATOR, Call, Comprehension, Ident, ParsedExpression, Select
from policy_engine.cel.syntax.walk import copy_tree, preorder

Parse = Callable[[str], ParsedExpression]
Refusals = Callable[[str], list[str]]


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("a.all(x, x)", ("x", "")),
        ("a.exists(x, x)", ("x", "")),
        ("a.exists_one(x, x)", ("x", "")),
        ("a.map(x, x)", ("x", "")),
        ("a.map(x, x > 1, x)", ("x", "")),
        ("a.filter(x, x)", ("x", "")),
        ("a.all(i, x, x)", ("i", "x")),
        ("a.exists(i, x, x)", ("i", "x")),
        ("a.exists_one(i, x, x)", ("i", "x")),
        ("a.existsOne(i, x, x)", ("i", "x")),
        ("a.transformList(i, x, x)", ("i", "x")),
        ("a.transformList(i, x, x > 1, x)", ("i", "x")),
        ("a.transformMap(i, x, x)", ("i", "x")),
        ("a.transformMap(i, x, x > 1, x)", ("i", "x")),
        ("a.transformMapEntry(i, x, {x: i})", ("i", "x")),
        ("a.transformMapEntry(i, x, x > 1, {x: i})", ("i", "x")),
    ],
)
def test_a_macro_becomes_a_fold_and_what_was_written_is_kept(
    parsed: Parse, text: str, variables: tuple[str, str]
) -> None:
    expression = parsed(text)
    root = expression.root
    assert isinstance(root, Comprehension)
    assert (root.iter_var, root.iter_var2) == variables
    assert root.iter_range == Ident(1, 0, "a")
    assert root.offset == text.index("(")
    assert root.accu_var == ACCUMULATOR
    written = expression.macro_calls[root.id]
    assert written.function == text[2 : text.index("(")]
    assert written.target is root.iter_range


def test_has_becomes_a_presence_test(parsed: Parse) -> None:
    expression = parsed("has(a.b.c)")
    assert expression.root == Select(5, 3, Select(3, 5, Ident(2, 4, "a"), "b"), "c", test_only=True)
    assert expression.macro_calls[5].function == "has"


def test_a_macro_within_a_macro_is_listed_under_its_own_id(parsed: Parse) -> None:
    expression = parsed("a.all(x, has(x.b))")
    functions = {call.function: call for call in expression.macro_calls.values()}
    assert functions.keys() == {"all", "has"}
    inner = functions["all"].args[1]
    assert expression.macro_calls[inner.id] is functions["has"]


@pytest.mark.parametrize(
    "text", ["a.all(x)", "a.map(x)", "has(a.b, c)", "a.has(b)", "all(a, b)", "a.existsOne(x, x)"]
)
def test_other_numbers_of_arguments_and_styles_are_ordinary_calls(parsed: Parse, text: str) -> None:
    expression = parsed(text)
    assert isinstance(expression.root, Call)
    assert not expression.macro_calls


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("a.map(x.y, 1)", ["1:8: argument is not an identifier"]),
        ("a.filter(1, true)", ["1:10: argument is not an identifier"]),
        ("a.all(f(), true)", ["1:8: argument must be a simple name"]),
        ("a.exists(i, 1, true)", ["1:13: argument must be a simple name"]),
        ("a.all(i, i, true)", ["1:10: duplicate variable name: i"]),
        ("has(a)", ["1:5: invalid argument to has() macro"]),
        ("has(a['b'])", ["1:6: invalid argument to has() macro"]),
        ("a.map(__result__, 1)", ["1:7: iteration variable overwrites accumulator variable"]),
        ("a.all(i, __result__, true)", ["1:10: iteration variable overwrites accumulator variable"]),
        ("a.map(as, 1)", ["1:7: reserved identifier: as", "1:7: argument is not an identifier"]),
    ],
)
def test_refuses_what_a_macro_cannot_take(refusals: Refusals, text: str, messages: list[str]) -> None:
    assert refusals(text) == messages


def test_without_macros_everything_is_an_ordinary_call() -> None:
    expression = parse(Source("a.all(x, has(x.y))"), ())
    assert [node.function for node in preorder(expression.root) if isinstance(node, Call)] == ["all", "has"]


def test_a_copy_has_the_same_shape_and_places_but_other_ids(parsed: Parse) -> None:
    root = parsed("[a.b, {1: f(x)}, P{c: -1}, d.g(2)].all(y, !has(y.z))").root
    ids = iter(range(1000, 2000))
    copy = copy_tree(root, lambda offset: next(ids))
    assert [(n.__class__, n.offset) for n in preorder(copy)] == [(n.__class__, n.offset) for n in preorder(root)]
    assert all(node.id >= 1000 for node in preorder(copy))
