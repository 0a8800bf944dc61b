from __future__ import annotations

import pytest

from policy_engine.cel.syntax.lexer import tokenize
from policy_engine.cel.syntax.tokens import EOF, Unknown


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a.b", ["IDENTIFIER", ".", "IDENTIFIER"]),
        ("inner in in_", ["IDENTIFIER", "in", "IDENTIFIER"]),
        ("true truex null false", ["true", "IDENTIFIER", "null", "false"]),
        ("1 1u 0x1fU 1.5 .5 1e3 1.5e-3", ["NUM_INT", "NUM_UINT", "NUM_UINT", *["NUM_FLOAT"] * 4]),
        ("1.", ["NUM_INT", "."]),
        ("1.a", ["NUM_INT", ".", "IDENTIFIER"]),
        ("0Xff", ["NUM_INT", "IDENTIFIER"]),
        ("1e", ["NUM_INT", "IDENTIFIER"]),
        ("1.5u", ["NUM_FLOAT", "IDENTIFIER"]),
        ("'a' \"b\" r'\\' R\"\\\" b'c' bR'd'", [*["STRING"] * 4, "BYTES", "BYTES"]),
        ("rb'x'", ["IDENTIFIER", "STRING"]),
        ("''''a'b''''", ["STRING"]),
        ("'''a", ["STRING"]),
        ('"""a\n"b""c"""', ["STRING"]),
        ("a.`b-c`", ["IDENTIFIER", ".", "ESC_IDENTIFIER"]),
        ("<=<>=>!===", ["<=", "<", ">=", ">", "!=", "=="]),
        ("a // b\n\t\f c//", ["IDENTIFIER", "IDENTIFIER"]),
        ("", []),
    ],
)
def test_takes_the_longest_token(text: str, kinds: list[str]) -> None:
    tokens, _ = tokenize(text)
    assert tokens.kinds == [*kinds, EOF]


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("a = 1", ["= "]),
        ("a & b | c", ["& ", "| "]),
        ("#é", ["#", "é"]),
        ("'\\z'", ["'\\z", "'"]),
        ("'\\x4'", ["'\\x4'"]),
        ("'\\400'", ["'\\4", "'"]),
        ('"a\nb"', ['"a\n', '"']),
        ("'abc", ["'abc"]),
        ("`a b`c`", ["`"]),
        ("``", ["``"]),
        ("=", ["="]),
    ],
)
def test_gives_up_where_cel_go_does_on_what_is_no_token(text: str, pieces: list[str]) -> None:
    _, unknown = tokenize(text)
    assert [piece.text for piece in unknown] == pieces


def test_counts_places_in_code_points() -> None:
    tokens, unknown = tokenize("'😀' + # é")
    assert tokens.offsets == [0, 4, 9]
    assert unknown == [Unknown(6, "#"), Unknown(8, "é")]
