"""The files that say what is rendered: read as YAML, with the lines of what they say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policy_engine.changes.rendering.codes import RenderingCode, broken
from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources import Broken, DocumentReader, Limits
from policy_engine.sources.layout import Layout
from policy_engine.sources.text import SourceText, UndecodableText, decode
from policy_engine.sources.trees import Tree
from policy_engine.sources.values import JsonObject


@record(kw_only=True)
class SmallFile:
    """A file of one mapping."""

    path: str
    value: JsonObject
    layout: Layout

    def fault(
        self, at: FieldPath, message: str, *, code: RenderingCode = RenderingCode.REFUSED, help: str = ""
    ) -> Broken:
        """Find fault with a field."""
        place = self.layout.locate(at).start
        excerpt = self.layout.source.excerpt(place)
        return broken(self.path, message, code=code, help=help, place=place, excerpt=excerpt)


def read_small_files(tree: Tree, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, SmallFile | Broken]]:
    """Read files of one mapping each, in the order given."""
    reader = DocumentReader(limits)
    for path, data in tree.read_many(paths, limits):
        yield path, data if isinstance(data, Broken) else _read(reader, path, data)


def _read(reader: DocumentReader, path: str, data: bytes) -> SmallFile | Broken:
    try:
        source = decode(path, data)
    except UndecodableText as error:
        return broken(path, error.message, code=RenderingCode.FAILED, help=error.help)
    documents = []
    for document in reader.documents(source):
        if isinstance(document, Broken):
            return document
        if document[0] is not None:
            documents.append(document)
    if not documents:
        return SmallFile(path=path, value={}, layout=_empty(source, reader.limits))
    value, layout = documents[0]
    if len(documents) > 1 or not isinstance(value, dict):
        return broken(path, "is not one mapping", code=RenderingCode.FAILED, place=layout.start())
    return SmallFile(path=path, value=value, layout=layout)


def _empty(source: SourceText, limits: Limits) -> Layout:
    return Layout(source, source.text, offset=0, start=0, limits=limits)


def mapping(value: object) -> JsonObject:
    """Give a value that is a mapping, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """Give a value that is a string, and nothing for anything else."""
    return value if isinstance(value, str) else ""


def items(value: object) -> list[object]:
    """Give the items of a list, and none of anything else."""
    return list(value) if isinstance(value, list) else []
