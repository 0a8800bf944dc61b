"""Cut a text into tokens.

One regular expression does the work; each of its groups is one kind of token, in an order that makes the
first match the longest one, which is the match cel-go's lexer takes.
Source: cel-go parser/gen/CEL.g4, lexer rules.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from policy_engine.cel.syntax.tokens import (
    BYTES,
    EOF,
    ESCAPED_IDENTIFIER,
    IDENTIFIER,
    KEYWORDS,
    NUM_FLOAT,
    NUM_INT,
    NUM_UINT,
    STRING,
    Tokens,
    Unknown,
)

_ESCAPE: Final = r"\\(?:[abfnrtv\"'\\?`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})"
_EXPONENT: Final = r"[eE][+-]?[0-9]+"
_TOKEN: Final = re.compile(
    r"(?:[\t \r\n\f]++|//[^\n]*+)*+(?:"
    r"(?P<QUOTED>[bB]?(?:"
    rf'"""(?:[^\\]|{_ESCAPE})*?"""'
    rf"|'''(?:[^\\]|{_ESCAPE})*?'''"
    rf'|"(?:[^\\"\n\r]++|{_ESCAPE})*+"'
    rf"|'(?:[^\\'\n\r]++|{_ESCAPE})*+'"
    r'|[rR](?:"""(?s:.*?)"""'
    r"|'''(?s:.*?)'''"
    r'|"[^"\n\r]*+"'
    r"|'[^'\n\r]*+')))"
    r"|(?P<IDENTIFIER>[A-Za-z_][A-Za-z0-9_]*)"
    rf"|(?P<NUM_FLOAT>[0-9]+\.[0-9]+(?:{_EXPONENT})?|[0-9]+{_EXPONENT}|\.[0-9]+(?:{_EXPONENT})?)"
    r"|(?P<NUM_UINT>(?:0x[0-9a-fA-F]+|[0-9]+)[uU])"
    r"|(?P<NUM_INT>0x[0-9a-fA-F]+|[0-9]+)"
    r"|(?P<OPERATOR>&&|\|\||[=!<>]=|[<>\[\]{}().,\-!?:+*/%])"
    r"|(?P<ESC_IDENTIFIER>`[A-Za-z0-9_.\-/ ]+`)"
    r"|(?P<OTHER>(?s:.)|\Z))"
)
_QUOTED, _IDENTIFIER, _OPERATOR, _OTHER = (
    _TOKEN.groupindex[name] for name in ("QUOTED", "IDENTIFIER", "OPERATOR", "OTHER")
)
_NAMED: Final = {_TOKEN.groupindex[kind]: kind for kind in (NUM_FLOAT, NUM_UINT, NUM_INT, ESCAPED_IDENTIFIER)}


def tokenize(text: str) -> tuple[Tokens, list[Unknown]]:
    """Give the tokens of a text, and the pieces between them that are none."""
    tokens = Tokens([], [], [])
    unknown: list[Unknown] = []
    start = 0
    while (start := _read(text, start, tokens)) < len(text):
        unknown.append(_unknown_piece(text, start))
        start += len(unknown[-1].text)
    tokens.kinds.append(EOF)
    tokens.offsets.append(len(text))
    tokens.texts.append(EOF)
    return tokens, unknown


def _read(text: str, start: int, tokens: Tokens) -> int:
    """Read tokens up to something that is none, or the end, and say where that is."""
    kinds, offsets, texts = tokens
    keyword = KEYWORDS.get
    for match in _TOKEN.finditer(text, start):
        group = match.lastindex
        assert group is not None
        token = match.group(group)
        if group == _IDENTIFIER:
            kinds.append(keyword(token, IDENTIFIER))
        elif group == _OPERATOR:
            kinds.append(token)
        elif group == _QUOTED:
            kinds.append(BYTES if token[0] in "bB" else STRING)
        elif group == _OTHER:
            return match.start(group)
        else:
            kinds.append(_NAMED[group])
        offsets.append(match.start(group))
        texts.append(token)
    return len(text)


def _unknown_piece(text: str, start: int) -> Unknown:
    """Give what cel-go's lexer reads before it gives up: the start of a token, and one character more."""
    piece = _begun_token().match(text, start)
    assert piece is not None
    return Unknown(start, piece.group())


@cache
def _begun_token() -> re.Pattern[str]:
    begun_escape = r"\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?"
    return re.compile(
        rf'(?s:(?:"(?:[^\\"\n\r]++|{_ESCAPE})*+(?:{begun_escape})?'
        rf"|'(?:[^\\'\n\r]++|{_ESCAPE})*+(?:{begun_escape})?"
        r"|`[A-Za-z0-9_.\-/ ]*+|[=&|])?.?)"
    )
