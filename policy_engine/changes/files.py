"""A file of a repository as an object that policies can match: `kind: File`."""

from __future__ import annotations

from policy_engine.changes.own_kinds import API_VERSION, FILE_KIND
from policy_engine.changes.plain_text import plain_text
from policy_engine.field_paths import FieldPath
from policy_engine.sources.document import Document
from policy_engine.sources.formats import FileData
from policy_engine.sources.formats.names import basename, directory, extension
from policy_engine.sources.formats.places import KnownPlaces
from policy_engine.sources.layout import Places
from policy_engine.sources.text import Place, Span
from policy_engine.sources.values import JsonObject


def file_object(path: str, data: FileData, *, size_bytes: int | None = None) -> JsonObject:
    """Make the object of a file. Its data is shared, not copied. size_bytes: as the file is stored.

    The name is the path, which no cluster would take: the object never gets to one.
    """
    path = plain_text(path)
    spec: JsonObject = {
        "path": path,
        "directory": directory(path),
        "basename": basename(path),
        "extension": extension(path),
        "format": data.format.value,
        "data": data.value,
        "documents": list(data.documents),
    }
    if size_bytes is not None:
        spec["sizeBytes"] = size_bytes
    return {"apiVersion": API_VERSION, "kind": FILE_KIND, "metadata": {"name": path}, "spec": spec}


def file_document(path: str, data: FileData, *, size_bytes: int | None = None) -> Document:
    """Make the object of a file with the way back to its lines.

    Of a file that may hold secrets the document gives no excerpt.
    """
    value = file_object(path, data, size_bytes=size_bytes)
    return Document(path=path, index=0, value=value, inside=(), layout=_FilePlaces(data))


class _FilePlaces:
    """Leads `data` and `documents` of a File to the places in the file, all other fields to its first line."""

    __slots__ = ("_layouts", "_own", "source")

    def __init__(self, data: FileData) -> None:
        self.source = data.places.source
        self._layouts = data.layouts
        self._own = KnownPlaces(self.source, {})

    def start(self) -> Place:
        return self._own.start()

    def locate(self, path: FieldPath) -> Span:
        layout, inside = self._inside(path)
        return layout.locate(inside)

    def value_start(self, path: FieldPath) -> int | None:
        layout, inside = self._inside(path)
        return layout.value_start(inside)

    def _inside(self, path: FieldPath) -> tuple[Places, FieldPath]:
        match path:
            case ("spec", "data", *inside):
                return self._layouts[0], tuple(inside)
            case ("spec", "documents", int(index), *inside) if 0 <= index < len(self._layouts):
                return self._layouts[index], tuple(inside)
            case _:
                return self._own, ()
