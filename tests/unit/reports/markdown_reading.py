"""Markdown as forges read it, by a library of its own: tables, links of bare addresses, HTML."""

from __future__ import annotations

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(text: str) -> Iterator[Token]:
    """Give all parts of a text, those inside of others too."""
    for token in _READER.parse(text):
        yield token
        yield from token.children or ()


def outside_of_code(text: str) -> str:
    """Give what is text and not in a code span: where forges look for @names, #numbers and addresses."""
    return "".join(token.content for token in tokens(text) if token.type == "text")


def html(text: str) -> list[str]:
    """Give what is HTML."""
    return [token.content for token in tokens(text) if token.type in ("html_inline", "html_block")]


def cells(text: str) -> list[list[str]]:
    """Give the rows of all tables, each cell as the text that is seen in it."""
    rows: list[list[str]] = []
    is_cell = False
    for token in _READER.parse(text):
        if token.type == "tr_open":
            rows.append([])
        is_cell = token.type in ("td_open", "th_open") or (is_cell and token.type == "inline")
        if token.type == "inline" and is_cell:
            inner = token.children or ()
            rows[-1].append("".join(part.content for part in inner if part.type in ("text", "code_inline")))
    return rows
