"""A file's text: decoded, and with the way from an offset to line and column."""

from __future__ import annotations

import codecs
from bisect import bisect_right
from typing import NamedTuple

from policy_engine.records import record
from policy_engine.sources.problems import DocumentError, ProblemCode

_UTF16 = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


class Place(NamedTuple):
    """A place in a file. line and column are 1-based; column counts code points."""

    line: int
    column: int


@record
class Span:
    """A stretch of a file. The end is exclusive: the place after the last code point."""

    start: Place
    end: Place


class Excerpt(NamedTuple):
    """One line of a file to show, cut where it is long.

    column: 1-based, of the place in the text that is left; 0 for none.
    """

    text: str
    column: int


HIDDEN_EXCERPT = Excerpt("(not shown: it may hold what is secret)", 0)
"""What stands in place of a line that not everybody who reads a report may read; no column of it is meant."""

MAX_EXCERPT = 200  # code points: wider than any terminal, and a minified file has one line of megabytes


class SourceText:
    """The text of one file, without its byte order mark.

    path: as it is shown to people.
    has_mark: whether the file began with a byte order mark.
    """

    __slots__ = ("_line_starts", "has_mark", "path", "text")

    def __init__(self, path: str, text: str, *, has_mark: bool = False) -> None:
        self.path = path
        self.text = text
        self.has_mark = has_mark
        self._line_starts: list[int] | None = None

    def place(self, offset: int) -> Place:
        """Turn an offset into line and column. Lines end with a line feed, as editors and git count them."""
        starts = self._starts()
        line0 = bisect_right(starts, offset) - 1
        return Place(line0 + 1, offset - starts[line0] + 1)

    def span(self, start: int, end: int) -> Span:
        """Turn two offsets into a span."""
        return Span(self.place(start), self.place(end))

    def excerpt(self, place: Place) -> Excerpt:
        """Give the line of a place, or the part of it around the place where it is long."""
        starts = self._starts()
        start = starts[place.line - 1]
        end = starts[place.line] - 1 if place.line < len(starts) else len(self.text)
        cut = max(0, place.column - 1 - MAX_EXCERPT // 2) if end - start > MAX_EXCERPT else 0
        text = self.text[start + cut : min(end, start + cut + MAX_EXCERPT)].removesuffix("\r")
        return Excerpt(text, place.column - cut)

    def _starts(self) -> list[int]:
        starts = self._line_starts
        if starts is None:
            starts = [0]
            find, append = self.text.find, starts.append
            at = find("\n")
            while at >= 0:
                append(at + 1)
                at = find("\n", at + 1)
            self._line_starts = starts
        return starts


def decode(path: str, data: bytes) -> SourceText:
    """Read bytes as text: UTF-8, or UTF-16 where a byte order mark says so.

    Raises: DocumentError, whose offset counts in what could be decoded before the fault.
    """
    for mark, encoding in _UTF16:
        if data.startswith(mark):
            return SourceText(path, _decode(path, data[len(mark) :], encoding), has_mark=True)
    if data.startswith(codecs.BOM_UTF8):
        return SourceText(path, _decode(path, data[len(codecs.BOM_UTF8) :], "utf-8"), has_mark=True)
    return SourceText(path, _decode(path, data, "utf-8"))


class UndecodableText(DocumentError):
    """Refuse bytes that are no text; `readable` is the text before them."""

    def __init__(self, path: str, readable: str, encoding: str, wrong: bytes) -> None:
        super().__init__(
            f"not {encoding.upper()} text: found byte 0x{wrong[:1].hex()}",
            code=ProblemCode.NOT_TEXT,
            offset=len(readable),
            help="save the file as UTF-8",
        )
        self.source = SourceText(path, readable)


def _decode(path: str, data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        readable = data[: error.start].decode(encoding)
        raise UndecodableText(path, readable, encoding, data[error.start :]) from None
