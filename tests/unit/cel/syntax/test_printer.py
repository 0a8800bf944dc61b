from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.cel.syntax import unparse
from policy_engine.cel.syntax.tree import ParsedExpression

Parse = Callable[[str], ParsedExpression]


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a+b*c", "a + b * c"),
        ("(a+b)*c", "(a + b) * c"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a-b)-c", "a - b - c"),
        ("((a))", "a"),
        ("a&&b&&c||d", "a && b && c || d"),
        ("a&&(b||c)", "a && (b || c)"),
        ("a&&(b&&c)", "a && (b && c)"),
        ("(a&&b)&&(c&&d)", "a && b && c && d"),
        ("a?b:c?d:e", "a ? b : c ? d : e"),
        ("(a?b:c)?d:e", "(a ? b : c) ? d : e"),
        ("!(a)", "!a"),
        ("!(a.b(c))", "!a.b(c)"),
        ("!(a==b)", "!(a == b)"),
        ("!(!a)", "!(!a)"),
        ("-(1)", "-(1)"),
        ("-(1.abs())", "-(1.abs())"),
        ("(-1).abs()", "(-1).abs()"),
        ("a - -1", "a - -1"),
        ("a in[1,?b,]", "a in [1, ?b]"),
        ("{'a':1,?'b':c}", '{"a": 1, ?"b": c}'),
        ("P.q{a:1,?b:c}", "P.q{a: 1, ?b: c}"),
        ("a.?b[?c]", "a.?b[?c]"),
        (".a", ".a"),
        ("has(a.b)", "has(a.b)"),
        ("a.map(x,x>1,x.filter(y,has(y.z)))", "a.map(x, x > 1, x.filter(y, has(y.z)))"),
        ("a.transformMapEntry(k,v,{v:k})", "a.transformMapEntry(k, v, {v: k})"),
        ("1u+2.0+1e30", "1u + 2.0 + 1e+30"),
        (r"""'a"\n\x00é😀\\'""", r'''"a\"\n\u0000é😀\\"'''),
        (r"b'a\xff\"'", r'''b"a\xff\x22"'''),
        ("[true,null]", "[true, null]"),
    ],
)
def test_writes_an_expression_in_one_style(parsed: Parse, text: str, printed: str) -> None:
    assert unparse(parsed(text)) == printed


def test_writes_trees_deeper_than_the_stack(parsed: Parse) -> None:
    text = "(!(a && [" * 80 + "b" + "]))" * 80
    assert unparse(parsed(unparse(parsed(text)))) == unparse(parsed(text))
