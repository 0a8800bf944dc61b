"""Cut a text into tokens.

One regular expression does the work; each of its groups is one kind of token, in an order that makes the
first match the longest one, which is the match cel-go's lexer takes.
Source: cel-go parser/gen/CEL.g4, lexer rules.
"""

from __future__ import annotations

import re
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

_ESCAPE = r"\\(?:[abfnrtv\"'\\?`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})"
_STRING = (
    rf'"""(?:[^\\]|{_ESCAPE})*?"""'
    rf"|'''(?:[^\\]|{_ESCAPE})*?'''"
    rf'|"(?:[^\\"\n\r]++|{_ESCAPE})*+"'
    rf"|'(?:[^\\'\n\r]++|{_ESCAPE})*+'"
    r'|[rR](?:"""(?s:.*?)"""'
    r"|'''(?s:.*?)'''"
    r'|"[^"\n\r]*+"'
    r"|'[^'\n\r]*+')"
)
_EXPONENT = r"[eE][+-]?[0-9]+"
_TOKEN: Final = re.compile(
    r"(?:[\t \r\n\f]++|//[^\n]*+)*+(?:"
    rf"(?P<BYTES>[bB](?:{_STRING}))"
    rf"|(?P<STRING>{_STRING})"
    r"|(?P<IDENTIFIER>[A-Za-z_][A-Za-z0-9_]*)"
    rf"|(?P<NUM_FLOAT>[0-9]+\.[0-9]+(?:{_EXPONENT})?|[0-9]+{_EXPONENT}|\.[0-9]+(?:{_EXPONENT})?)"
    r"|(?P<NUM_UINT>(?:0x[0-9a-fA-F]+|[0-9]+)[uU])"
    r"|(?P<NUM_INT>0x[0-9a-fA-F]+|[0-9]+)"
    r"|(?P<OPERATOR>&&|\|\||[=!<>]=|[<>\[\]{}().,\-!?:+*/%])"
    r"|(?P<ESC_IDENTIFIER>`[A-Za-z0-9_.\-/ ]+`)"
    r"|(?P<EOF>\Z)"
    # What no token starts with, as far as cel-go's lexer reads before it gives up, and one character more.
    r"|(?P<UNKNOWN>(?s:(?:"
    r'"(?:[^\\"\n\r]++|'
    + _ESCAPE
    + r")*+(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?"
    r"|'(?:[^\\'\n\r]++|"
    + _ESCAPE
    + r")*+(?:\\(?:[xX][0-9a-fA-F]?|u[0-9a-fA-F]{0,3}|U[0-9a-fA-F]{0,7}|[0-3][0-7]?)?)?"
    r"|`[A-Za-z0-9_.\-/ ]*+|[=&|])?.?))"
    r")"
)
_NAMED: Final = {
    _TOKEN.groupindex[name]: kind
    for name, kind in {
        "BYTES": BYTES,
        "STRING": STRING,
        "NUM_FLOAT": NUM_FLOAT,
        "NUM_UINT": NUM_UINT,
        "NUM_INT": NUM_INT,
        "ESC_IDENTIFIER": ESCAPED_IDENTIFIER,
    }.items()
}
_IDENTIFIER_GROUP: Final = _TOKEN.groupindex["IDENTIFIER"]
_OPERATOR_GROUP: Final = _TOKEN.groupindex["OPERATOR"]
_EOF_GROUP: Final = _TOKEN.groupindex["EOF"]


def tokenize(text: str) -> tuple[Tokens, list[Unknown]]:
    """Give the tokens of a text, and the pieces between them that are none."""
    kinds: list[str] = []
    offsets: list[int] = []
    texts: list[str] = []
    unknown: list[Unknown] = []
    keyword = KEYWORDS.get
    for match in _TOKEN.finditer(text):
        group = match.lastindex
        assert group is not None
        token = match.group(group)
        if group == _IDENTIFIER_GROUP:
            kinds.append(keyword(token, IDENTIFIER))
        elif group == _OPERATOR_GROUP:
            kinds.append(token)
        elif group in _NAMED:
            kinds.append(_NAMED[group])
        elif group == _EOF_GROUP:
            break
        else:
            unknown.append(Unknown(match.start(group), token))
            continue
        offsets.append(match.start(group))
        texts.append(token)
    kinds.append(EOF)
    offsets.append(len(text))
    texts.append(EOF)
    return Tokens(kinds, offsets, texts), unknown
