"""The text of an expression, and where its parts are."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from typing import NamedTuple

from policy_engine.records import record

_MAX_SNIPPET_BYTES = 16384  # cel-go common/error.go, maxSnippetLength


class Position(NamedTuple):
    """A place in a source. line and column are 1-based; column counts code points."""

    line: int
    column: int


@record
class Source:
    """An expression's text with the offsets of its lines. Offsets count code points."""

    text: str
    name: str = "<input>"
    _line_starts: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts = [0]
        starts.extend(i + 1 for i, char in enumerate(self.text) if char == "\n")
        object.__setattr__(self, "_line_starts", tuple(starts))

    def position(self, offset: int) -> Position:
        """Give the line and column of an offset; (-1, 0) for a negative one, as cel-go shows no place."""
        if offset < 0:
            return Position(-1, 0)
        if not self.text:
            return Position(1, 0)  # what cel-go says of the end of nothing
        line0 = bisect_right(self._line_starts, offset) - 1
        return Position(line0 + 1, offset - self._line_starts[line0] + 1)

    def line(self, line: int) -> str:
        """Give the text of a 1-based line without its line break."""
        start = self._line_starts[line - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def render(self, offset: int, message: str) -> str:
        """Write a message with its place, source line and caret.

        Source: cel-go common/error.go: dots lead to the caret, wide characters take wide dots.
        """
        line, column = self.position(offset)
        head = f"ERROR: {self.name}:{line}:{column}: {message}"
        if line < 1 or column < 1:
            return head
        text = self.line(line).replace("\t", " ")
        if len(text.encode()) > _MAX_SNIPPET_BYTES:
            return head
        lead = "".join(["．" if ord(char) > 0x7F else "." for char in text[: column - 1]])
        caret = "＾" if column <= len(text) and ord(text[column - 1]) > 0x7F else "^"
        return f"{head}\n | {text}\n | {lead}{caret}"
