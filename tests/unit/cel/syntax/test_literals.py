from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from policy_engine.cel.syntax.tree import Constant, Literal, ParsedExpression
from policy_engine.cel.values.numbers import UInt

Parse = Callable[[str], ParsedExpression]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("9223372036854775807", (1 << 63) - 1),
        ("-9223372036854775808", -(1 << 63)),
        ("-0x10", -16),
        ("0" * 500 + "7", 7),
        ("18446744073709551615u", UInt((1 << 64) - 1)),
        ("0xffU", UInt(255)),
        ("1.5e3", 1500.0),
        (".25", 0.25),
        ("'a\"b'", 'a"b'),
        (r"'\a\b\f\n\r\t\v\\\'\"\?\`'", "\a\b\f\n\r\t\v\\'\"?`"),
        (r"'\x41\X42\u00e9\U0001F600\101'", "ABé😀A"),
        (r"'\377'", "ÿ"),
        (r"r'\n'", r"\n"),
        ("'''a'\n''b'''", "a'\n''b"),
        ('"""a\r\nb\rc"""', "a\nb\nc"),
        (r"b'\xff\377\101é'", b"\xff\xffA\xc3\xa9"),
        (r"br'\xff'", rb"\xff"),
        ("''", ""),
        ("b''", b""),
        ("true", True),
        ("null", None),
    ],
)
def test_reads_a_literal(parsed: Parse, text: str, value: Constant) -> None:
    root = parsed(text).root
    assert isinstance(root, Literal)
    assert (root.value, root.value.__class__) == (value, value.__class__)


def test_keeps_the_sign_of_a_negative_zero(parsed: Parse) -> None:
    root = parsed("-0.0").root
    assert isinstance(root, Literal)
    assert isinstance(root.value, float)
    assert math.copysign(1, root.value) == -1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("9223372036854775808", "1:1: invalid int literal"),
        ("1 + -9223372036854775809", "1:5: invalid int literal"),
        ("--9223372036854775808", "1:3: invalid int literal"),
        ("9" * 5000, "1:1: invalid int literal"),
        ("0x10000000000000000u", "1:1: invalid uint literal"),
        ("1e999", "1:1: invalid double literal"),
        (r"'\ud800'", "1:1: invalid unicode code point"),
        (r"'\U00110000'", "1:1: invalid unicode code point"),
        (r"b'\u0041'", "1:1: unable to unescape string"),
    ],
)
def test_refuses_a_literal_without_a_value(refusals: Callable[[str], list[str]], text: str, message: str) -> None:
    assert refusals(text) == [message]
