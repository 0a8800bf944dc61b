"""Kinds of tokens: an operator's kind is its own text, so that tables and messages can name it directly."""

from __future__ import annotations

from typing import Final, NamedTuple

EOF: Final = "<EOF>"
IDENTIFIER: Final = "IDENTIFIER"
ESCAPED_IDENTIFIER: Final = "ESC_IDENTIFIER"
NUM_FLOAT: Final = "NUM_FLOAT"
NUM_INT: Final = "NUM_INT"
NUM_UINT: Final = "NUM_UINT"
STRING: Final = "STRING"
BYTES: Final = "BYTES"

KEYWORDS: Final = {word: word for word in ("true", "false", "null", "in")}

# Names nobody may use for a variable or a global function. They stay legal as field and method names.
# Source: cel-go parser/parser.go, reservedIds. `true`, `false`, `null` and `in` never get that far.
RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)


class Tokens(NamedTuple):
    """A text cut into tokens, column by column. The last one is EOF."""

    kinds: list[str]
    offsets: list[int]
    texts: list[str]


class Unknown(NamedTuple):
    """A piece of text that is no token."""

    offset: int
    text: str
