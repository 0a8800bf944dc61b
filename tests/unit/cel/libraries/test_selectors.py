"""Field and label selectors."""

from __future__ import annotations

import pytest

from policy_engine.cel.libraries.selectors import SelectorError, parse_field_selector, parse_label_selector


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", []),
        ("a=b", [("a", "=", ("b",))]),
        ("a==b,c!=d", [("a", "=", ("b",)), ("c", "!=", ("d",))]),
        ("b=1,a=2", [("a", "=", ("2",)), ("b", "=", ("1",))]),
        (r"a=b\,c\=d\\e", [("a", "=", (r"b,c=d\e",))]),
        ("a=,=", [("a", "=", ("",))]),
    ],
)
def test_reads_field_selectors(text: str, want: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert list(parse_field_selector(text)) == want


@pytest.mark.parametrize("text", ["a", "a=b=c", "a=\\", "a=\\x"])
def test_refuses_what_is_no_field_selector(text: str) -> None:
    with pytest.raises(SelectorError):
        parse_field_selector(text)


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("", []),
        ("a", [("a", "exists", ())]),
        ("!a", [("a", "!", ())]),
        ("b=1, a!=2", [("a", "!=", ("2",)), ("b", "=", ("1",))]),
        ("x.io/a in (c, b,)", [("x.io/a", "in", ("", "b", "c"))]),
        ("a notin ()", [("a", "notin", ("",))]),
        ("a>5,b<6", [("a", "gt", ("5",)), ("b", "lt", ("6",))]),
        ("in in (in)", [("in", "in", ("in",))]),
        ("a=", [("a", "=", ("",))]),
    ],
)
def test_reads_label_selectors(text: str, want: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert list(parse_label_selector(text)) == want


@pytest.mark.parametrize(
    "text", ["!", ",", "a,", "a b", "a in b", "a in (b", "a in (b c)", "a>x", "-a", "a=-", "a=(b)", "a/b/c"]
)
def test_refuses_what_is_no_label_selector(text: str) -> None:
    with pytest.raises(SelectorError):
        parse_label_selector(text)
