"""From a field of an object that Helm rendered to the line of the template that it comes from."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from policy_engine.field_paths import FieldPath
from policy_engine.sources.layout import Places
from policy_engine.sources.text import Place, SourceText, Span


class Template:
    """A template's text, with its lines by what is on them."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self._written = source.text.split("\n")
        self._by_text: dict[str, list[int]] = {}
        self._by_key: dict[str, list[int]] = {}
        for line, written in enumerate(self._written, 1):
            text = written.strip()
            self._by_text.setdefault(text, []).append(line)
            self._by_key.setdefault(_key(text), []).append(line)

    def lines_like(self, rendered: str) -> list[int]:
        """Give the lines that say the same as a rendered one, or else those with its key."""
        text = rendered.strip()
        key = _key(text)
        return (self._by_text.get(text) if text else None) or (self._by_key.get(key) if key else None) or []

    def only_line_with(self, rendered: str) -> int:
        """Give the only line that says the same as a rendered one; 0 for none."""
        found = self._by_text.get(rendered.strip(), [])
        return found[0] if len(found) == 1 else 0

    def span_of(self, line: int) -> Span:
        """Give what is written on a line."""
        text = self._written[line - 1].removesuffix("\r")
        column = len(text) - len(text.lstrip()) + 1
        return Span(Place(line, column), Place(line, max(column, len(text.rstrip()) + 1)))


def _key(line: str) -> str:
    """Give the key at the start of a line, with the dash of a list's item: `- name:`, `image:`."""
    dash = "- " if line.startswith("- ") else ""
    key, colon, rest = line.removeprefix(dash).partition(":")
    return f"{dash}{key}:" if colon and key and "{{" not in key and rest[:1] in ("", " ") else ""


class Alignment:
    """What was rendered of a template, line by line beside it.

    Lines that the template has once, and that were rendered as they are written, are anchors for those between.
    """

    def __init__(self, template: Template, rendered: str) -> None:
        self.template = template
        self._lines: Sequence[str] = rendered.split("\n")
        self._anchors: list[tuple[int, int]] | None = None

    def line_of(self, line: int) -> int:
        """Find the line of the template that a rendered one comes from; 0 where two could be it."""
        found = self.template.lines_like(self._lines[line - 1])
        if len(found) > 1:
            low, high = self._around(line)
            found = [one for one in found if low < one < high]
        return found[0] if len(found) == 1 else 0

    def _around(self, line: int) -> tuple[float, float]:
        """Give the lines of the template that the nearest anchors before and behind a rendered line come from."""
        if self._anchors is None:
            pairs = ((at, self.template.only_line_with(text)) for at, text in enumerate(self._lines, 1) if text)
            self._anchors = [pair for pair in pairs if pair[1]]
        behind = bisect_left(self._anchors, (line, 0))
        low = self._anchors[behind - 1][1] if behind else 0.0
        return low, self._anchors[behind][1] if behind < len(self._anchors) else float("inf")


class TemplatePlaces:
    """Where the parts of a rendered object are in its template, as far as that can be told; else its first line.

    rendered: where they are in what was rendered. inside: where the object is in its document.
    """

    __slots__ = ("_alignment", "_inside", "_rendered", "source")

    def __init__(self, alignment: Alignment, rendered: Places, inside: FieldPath) -> None:
        self.source = alignment.template.source
        self._alignment = alignment
        self._rendered = rendered
        self._inside = inside

    def start(self) -> Place:
        """Give the line that names the object's kind, or the first one."""
        return self.locate(()).start

    def locate(self, path: FieldPath) -> Span:
        """Find the line of a field, or of the nearest one above it that can be told."""
        ways = [path[:length] for length in range(len(path), 0, -1)]
        for way in (*ways, ("kind",), ("apiVersion",)):
            line = self._alignment.line_of(self._rendered.locate(self._inside + way).start.line)
            if line:
                return self._alignment.template.span_of(line)
        return self._alignment.template.span_of(1)

    def value_start(self, path: FieldPath) -> int | None:
        """Give nothing: a template has no values."""
        return None
