from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.cel.source import Source
from policy_engine.cel.syntax import MAX_CODE_POINTS, SyntaxErrors, parse
from policy_engine.cel.syntax.tree import (
    Call,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    ParsedExpression,
    Select,
    StructLiteral,
)
from policy_engine.cel.syntax.walk import children, preorder

Parse = Callable[[str], ParsedExpression]
Refusals = Callable[[str], list[str]]


def grouped(parsed: ParsedExpression) -> str:
    """Write a tree of names and operators with every pair of parentheses."""

    def write(node: object) -> str:
        match node:
            case Ident(name=name):
                return name
            case Literal(value=value):
                return repr(value)
            case Select(operand=operand, field=field):
                return f"{write(operand)}.{field}"
            case Call(function=function, args=args):
                return f"({function} {' '.join(map(write, args))})"
            case _:
                raise AssertionError(node)

    return write(parsed.root)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a + b * c - d", "(_-_ (_+_ a (_*_ b c)) d)"),
        ("a * b + c", "(_+_ (_*_ a b) c)"),
        ("a < b == c", "(_==_ (_<_ a b) c)"),
        ("a in b + c", "(@in a (_+_ b c))"),
        ("a && b || c && d", "(_||_ (_&&_ a b) (_&&_ c d))"),
        ("a && b && c && d && e", "(_&&_ (_&&_ (_&&_ a b) c) (_&&_ d e))"),
        ("a ? b : c ? d : e", "(_?_:_ a b (_?_:_ c d e))"),
        ("a ? (b ? c : d) : e", "(_?_:_ a (_?_:_ b c d) e)"),
        ("!a.b", "(!_ a.b)"),
        ("!!a", "a"),
        ("!!!a", "(!_ a)"),
        ("--a", "a"),
        ("-a.b * c", "(_*_ (-_ a.b) c)"),
        ("--1", "1"),
        ("a - -1", "(_-_ a -1)"),
        ("-(1)", "(-_ 1)"),
        ("-1u", "(-_ 1u)"),
        ("!-1", "(!_ -1)"),
        (".a.b", ".a.b"),
        ("a[b][?c]", "(_[?_] (_[_] a b) c)"),
        ("a.?b.c", "(_?._ a 'b').c"),
        ("a.import", "a.import"),
    ],
)
def test_binds_operators_as_cel_does(parsed: Parse, text: str, tree: str) -> None:
    assert grouped(parsed(text)) == tree


def test_a_sign_before_a_number_is_part_of_it(parsed: Parse) -> None:
    assert parsed("-1.abs()").root == Call(2, 6, "abs", (), Literal(1, 0, -1))


def test_points_at_what_cel_go_points_at(parsed: Parse) -> None:
    places = {
        (node.function if isinstance(node, Call) else str(node.__class__.__name__)): node.offset
        for node in preorder(parsed("x . y[1] in f (2)").root)
    }
    assert places == {"@in": 9, "_[_]": 5, "Select": 2, "Ident": 0, "Literal": 15, "f": 14}


def test_every_node_has_an_id_and_a_place_of_its_own(parsed: Parse) -> None:
    expression = parsed("a.map(x, x + 1).filter(y, y > 2) == [{1: P{b: -c}}, ?d]")
    ids = [node.id for node in preorder(expression.root)]
    assert sorted(set(ids)) == sorted(ids)
    assert set(ids) <= expression.offsets.keys()


def test_reports_everything_that_is_wrong_with_a_well_formed_text(refusals: Refusals) -> None:
    assert refusals("as + if(1e999) + [1].all(2, 9223372036854775808) + a.`b`") == [
        "1:1: reserved identifier: as",
        "1:6: reserved identifier: if",
        "1:26: argument must be a simple name",
        "1:29: invalid int literal",
        "1:54: unsupported syntax: '`'",
    ]


@pytest.mark.parametrize("name", ["as", "namespace", "package", "while", "void"])
def test_reserved_names_are_fields_and_methods_but_no_variables(
    parsed: Parse, refusals: Refusals, name: str
) -> None:
    assert refusals(f"{name} == 1") == [f"1:1: reserved identifier: {name}"]
    assert refusals(f".{name}") == [f"1:1: reserved identifier: {name}"]
    assert children(parsed(f"a.{name}.{name}()").root)


def test_takes_a_trailing_comma_in_lists_maps_and_structs_only(parsed: Parse, refusals: Refusals) -> None:
    for text in ("[a,]", "[,]", "{a: b,}", "{,}", "P{a: b,}", "P{,}"):
        assert isinstance(parsed(text).root, (ListLiteral, MapLiteral, StructLiteral))
    for text in ("f(a,)", "f(,)", "[a,,]", "a[b,]"):
        assert refusals(text)


def test_refuses_a_text_that_is_too_long() -> None:
    assert parse(Source("a".ljust(MAX_CODE_POINTS)), ()).offsets == {1: 0}
    with pytest.raises(SyntaxErrors) as refusal:
        parse(Source("é".ljust(MAX_CODE_POINTS + 1)), ())
    assert refusal.value.issues[0].offset == -1
    assert refusal.value.issues[0].message == (
        "expression code point size exceeds limit: size: 100001, limit 100000"
    )
