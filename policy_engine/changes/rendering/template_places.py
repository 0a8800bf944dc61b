"""From a field of an object that Helm rendered to the line of the template that it most likely comes from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from policy_engine.field_paths import FieldPath
from policy_engine.sources.layout import Places
from policy_engine.sources.text import Place, SourceText, Span


class Template:
    """A template's text, with its lines by what is on them."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self._written = source.text.split("\n")
        self._lines = [line.strip() for line in self._written]
        self._texts = Counter(self._lines)
        self._keys = Counter(_key(line) for line in self._lines)

    def line_of(self, rendered: str) -> int:
        """Find the only line that is the same as a rendered one, or the only one with its key; 0 for none."""
        rendered = rendered.strip()
        if self._texts[rendered] == 1:
            return self._lines.index(rendered) + 1
        key = _key(rendered)
        if key and self._keys[key] == 1:
            return next(line0 for line0, line in enumerate(self._lines) if _key(line) == key) + 1
        return 0

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


class TemplatePlaces:
    """Where the parts of a rendered object are in its template, as far as that can be told; else its first line.

    rendered: where they are in what was rendered. inside: where the object is in its document.
    lines: of what was rendered.
    """

    __slots__ = ("_inside", "_lines", "_rendered", "_template", "source")

    def __init__(self, template: Template, rendered: Places, inside: FieldPath, lines: Sequence[str]) -> None:
        self.source = template.source
        self._lines = lines
        self._template = template
        self._rendered = rendered
        self._inside = inside

    def start(self) -> Place:
        """Give the line that names the object's kind, or the first one."""
        return self.locate(()).start

    def locate(self, path: FieldPath) -> Span:
        """Find the line of a field, or of the nearest one above it that can be told."""
        for length in range(len(path), 0, -1):
            place = self._rendered.locate(self._inside + path[:length]).start
            line = self._line_at(place)
            if line:
                return self._template.span_of(line)
        for key in ("kind", "apiVersion"):
            line = self._line_at(self._rendered.locate((*self._inside, key)).start)
            if line:
                return self._template.span_of(line)
        return self._template.span_of(1)

    def value_start(self, path: FieldPath) -> int | None:
        """Give nothing: a template has no values."""
        return None

    def _line_at(self, place: Place) -> int:
        return self._template.line_of(self._lines[place.line - 1])
