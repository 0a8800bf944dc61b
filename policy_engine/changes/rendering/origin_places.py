"""From a field of an object that kustomize made to the file that the object comes from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from policy_engine.field_paths import FieldPath
from policy_engine.sources import Document
from policy_engine.sources.text import Place, SourceText, Span
from policy_engine.sources.values import JsonObject, JsonValue


class OriginPlaces:
    """Where the parts of an object are in the file it comes from.

    A field that says there what the object says is found there. Where it says something else, a patch or a
    transformer has a hand in it, and the object as a whole is shown.
    """

    __slots__ = ("_origin", "_value", "source")

    def __init__(self, origin: Document, value: JsonObject) -> None:
        self.source = origin.layout.source
        self._origin = origin
        self._value = value

    def start(self) -> Place:
        """Give where the object begins in its file."""
        return self._origin.start()

    def locate(self, path: FieldPath) -> Span:
        """Find a field, or its nearest ancestor, where the file says the same; else the object."""
        if self._says_the_same(path):
            return self._origin.locate(path)
        return Span(self.start(), self.start())

    def value_start(self, path: FieldPath) -> int | None:
        """Give the offset in the file's text where a field's value begins, where the file says the same."""
        if not self._says_the_same(path):
            return None
        return self._origin.layout.value_start((*self._origin.inside, *path))

    def _says_the_same(self, path: FieldPath) -> bool:
        made, depth = _walk(self._value, path)
        written, written_depth = _walk(self._origin.value, path)
        return depth == written_depth and (depth < len(path) or made == written)


class StartPlaces:
    """One place for all parts of an object: where it is made, by a generator of a kustomization."""

    __slots__ = ("_place", "source")

    def __init__(self, source: SourceText, place: Place) -> None:
        self.source = source
        self._place = place

    def start(self) -> Place:
        """Give the one place."""
        return self._place

    def locate(self, path: FieldPath) -> Span:
        """Give the one place."""
        return Span(self._place, self._place)

    def value_start(self, path: FieldPath) -> int | None:
        """Give nothing: the values are elsewhere."""
        return None


def _walk(value: JsonValue, path: FieldPath) -> tuple[JsonValue, int]:
    """Give what a path leads to, or its nearest ancestor, and how many segments exist."""
    for depth, segment in enumerate(path):
        match value, segment:
            case dict(), str() if segment in value:
                value = value[segment]
            case list(), int() if 0 <= segment < len(value):
                value = value[segment]
            case _:
                return value, depth
    return value, len(path)


def origin_of(made: Document, written: Iterable[Document]) -> Document | None:
    """Find the object of a file that another was made of.

    Kustomize changes names, by prefixes and suffixes, and namespaces; never a kind. None where two could be it.
    """
    group = made.api_version.rpartition("/")[0]
    same_kind = [one for one in written if one.kind == made.kind and one.api_version.rpartition("/")[0] == group]
    same_name = [one for one in same_kind if one.name == made.name]
    if same_name:
        return _only(same_name) or _only([one for one in same_name if one.namespace == made.namespace])
    if len(same_kind) == 1:
        return same_kind[0]
    longest = max((len(one.name) for one in same_kind if one.name in made.name), default=0)
    return _only([one for one in same_kind if one.name in made.name and len(one.name) == longest])


def _only(found: Sequence[Document]) -> Document | None:
    return found[0] if len(found) == 1 else None
