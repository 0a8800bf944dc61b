"""Whatever text comes in: it is parsed or refused, and printing a tree loses nothing of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.cel.errors import Issue
from policy_engine.cel.libraries import standard_macros, two_var_comprehensions
from policy_engine.cel.source import Source
from policy_engine.cel.syntax import SyntaxErrors, parse, unparse
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    ParsedExpression,
    Select,
    StructLiteral,
)
from policy_engine.cel.syntax.walk import preorder
from tests.property.expressions import EXPRESSIONS, TYPED

MACROS = standard_macros.LIBRARY.macros + two_var_comprehensions.LIBRARY.macros
TOKENS = st.sampled_from(
    [
        *"()[]{}.,-!?:+*/%<>#=&|`'\"\\é\n ",
        *("==", "&&", "||", "in", "true", "null", "as", "a", "b.c", "f(", ".map(x,", ".all(i,x,", "has("),
        *("1", "2u", "1.5", "'s'", "b'\\xff'", "'''", "`e`", ".?", "[?", "P{", "// c\n"),
    ]
)
SOUP = st.lists(TOKENS, max_size=30).map("".join)


def parsed(text: str) -> ParsedExpression:
    return parse(Source(text), MACROS)


def parsed_or_refused(text: str) -> ParsedExpression | list[Issue]:
    try:
        return parsed(text)
    except SyntaxErrors as refusal:
        return refusal.issues


def shape(root: Node) -> list[object]:
    """Give everything about a tree but ids and places."""
    return [(node.__class__, detail(node)) for node in preorder(root)]


def detail(node: Node) -> object:
    match node:
        case Literal():
            return node.value.__class__, repr(node.value)
        case Select():
            return node.field, node.test_only
        case Call():
            return node.function, node.target is None, len(node.args)
        case ListLiteral():
            return len(node.elements), node.optional_indices
        case MapLiteral():
            return [entry.optional for entry in node.entries]
        case StructLiteral():
            return node.type_name, [(field.name, field.optional) for field in node.fields]
        case Comprehension():
            return node.iter_var, node.iter_var2, node.accu_var
        case _:
            return node.name


@settings(deadline=None, max_examples=200)
@given(st.one_of(EXPRESSIONS, TYPED))
def test_printing_loses_nothing(text: str) -> None:
    first = parsed(text)
    printed = unparse(first)
    second = parsed(printed)
    assert shape(second.root) == shape(first.root)
    assert unparse(second) == printed


@settings(deadline=None, max_examples=200)
@given(st.one_of(st.text(max_size=60), SOUP))
def test_any_text_is_parsed_or_refused_with_places_inside_it(text: str) -> None:
    outcome = parsed_or_refused(text)
    if isinstance(outcome, ParsedExpression):
        assert all(0 <= node.offset < len(text) for node in preorder(outcome.root))
    else:
        offsets = [issue.offset for issue in outcome]
        assert offsets
        assert offsets == sorted(offsets)
        assert all(-1 <= offset <= len(text) for offset in offsets)


@settings(deadline=None, max_examples=100)
@given(EXPRESSIONS, st.data())
def test_a_text_cut_anywhere_is_parsed_or_refused(text: str, data: st.DataObject) -> None:
    outcome = parsed_or_refused(text[: data.draw(st.integers(0, len(text)))])
    assert isinstance(outcome, ParsedExpression) or outcome


@pytest.mark.parametrize("space", [" ", "\n", " // c\n", "\t\r\f"])
@settings(deadline=None, max_examples=50)
@given(SOUP)
def test_space_at_the_ends_changes_nothing_but_places(space: str, text: str) -> None:
    def outcome(text: str) -> object:
        result = parsed_or_refused(text)
        return shape(result.root) if isinstance(result, ParsedExpression) else len(result)

    if "'" not in text and '"' not in text and "/" not in text:
        assert outcome(space + text) == outcome(text)
