"""Where the parts of a file's data are, as far as the format's library tells."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.field_paths import FieldPath
from policy_engine.sources.text import HIDDEN_EXCERPT, Excerpt, Place, SourceText, Span


class WithheldText(SourceText):
    """A text of which no line is ever shown, because it may hold secrets."""

    __slots__ = ()

    def excerpt(self, place: Place) -> Excerpt:
        """Give what is shown instead of the line."""
        return HIDDEN_EXCERPT


class KnownPlaces:
    """The places of some parts of a file's data; of all others the nearest part around them."""

    __slots__ = ("_known", "source")

    def __init__(self, source: SourceText, known: Mapping[FieldPath, Place]) -> None:
        self.source = source
        self._known = known

    def start(self) -> Place:
        """Give where the file begins."""
        return Place(1, 1)

    def locate(self, path: FieldPath) -> Span:
        """Find a part, or the nearest one around it: from its place to the end of that line."""
        for length in range(len(path), -1, -1):
            place = self._known.get(path[:length])
            if place is not None:
                return self._to_line_end(place)
        return self._to_line_end(self.start())

    def value_start(self, path: FieldPath) -> int | None:
        """Tell nothing: the libraries give no places of values."""
        return None

    def _to_line_end(self, place: Place) -> Span:
        text, start = self.source.text, 0
        for _ in range(place.line - 1):
            start = text.find("\n", start) + 1
        end = text.find("\n", start)
        line = text[start : len(text) if end < 0 else end].rstrip()
        return Span(place, Place(place.line, max(place.column, len(line) + 1)))
