"""Text from files and policies put into Markdown so that nothing in it is Markdown, and pages of limited size.

All of it stands in code spans: there, and nowhere else, forges neither render HTML nor make links of addresses,
@names, #numbers, commit ids and :emoji:. Source: CommonMark 0.31.2, 6.1; GitHub Flavored Markdown 0.29, 4.10.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from policy_engine.reports.printable import cut, inert_inside, one_line, printable

MAX_TEXT = 1000  # characters of one text
MAX_LINES = 10  # of one text

_MAX_FENCE = 3  # cmark ends no code span with a fence of more than 80 backticks
_BACKTICKS = re.compile("`+")


def code(text: str) -> str:
    """Give a text as a code span of one line, for anywhere but a table; nothing for nothing."""
    return _span(cut(one_line(text), MAX_TEXT))


def cell(text: str) -> str:
    """Give a text as a code span for a cell of a table."""
    return _in_cell(code(text))


def cell_lines(text: str) -> str:
    """Give a text for a cell of a table, each of its lines as one code span."""
    lines = [line for line in map(str.strip, map(printable, text.splitlines())) if line]
    shown = [_in_cell(_span(cut(line, MAX_TEXT))) for line in lines[:MAX_LINES]]
    return "<br>".join(shown) + ("<br>…" if len(lines) > MAX_LINES else "")


class Page:
    """Markdown that gets no larger than a limit, and counts what it has no room for.

    limit: bytes of UTF-8, which are never fewer than characters, whichever of the two a forge counts.
    """

    def __init__(self, limit: int, *, reserve: int) -> None:
        self._left = limit - reserve
        self._pieces: list[str] = []
        self.omitted = 0

    def __iter__(self) -> Iterator[str]:
        return iter(self._pieces)

    def add(self, opening: str, rows: Iterable[str], closing: str = "\n") -> None:
        """Add rows with what stands round them, or nothing where there is no row.

        From the first row that has no room, no other has: what is left out is always the least grave.
        """
        is_open = False
        for row in rows:
            size = len((row if is_open else opening + row + closing).encode("utf-8"))
            if self.omitted or size > self._left:
                self.omitted += 1
                continue
            self._left -= size
            self._pieces.append(row if is_open else opening + row)
            is_open = True
        if is_open:
            self._pieces.append(closing)


def _span(text: str) -> str:
    """Put printable text of one line, without blanks round it, into a code span."""
    text = inert_inside(text)
    longest = max(map(len, _BACKTICKS.findall(text)), default=0)
    if longest > _MAX_FENCE:
        text, longest = text.replace("`", "'"), 0
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{pad}{text}{pad}{fence}" if text else ""


def _in_cell(span: str) -> str:
    """Escape what would end a cell. Readers disagree about `\\\\|`: a blank keeps backslashes from it."""
    return re.sub(r"(?<=\\)\|", " |", span).replace("|", r"\|")
