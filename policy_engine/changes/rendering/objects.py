"""What a tool wrote turned into documents, each with the way back to the file that people edit."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from operator import itemgetter

from policy_engine.changes.rendering.charts import FILE_NAME, REQUIREMENTS
from policy_engine.changes.rendering.codes import RenderingCode, broken
from policy_engine.changes.rendering.folders import join
from policy_engine.changes.rendering.hooks import is_made
from policy_engine.changes.rendering.install_order import CRDS, Rank, rank
from policy_engine.changes.rendering.origin_places import OriginPlaces, StartPlaces, origin_of
from policy_engine.changes.rendering.renderers import Piece
from policy_engine.changes.rendering.small_files import SmallFile, items, mapping, read_small_files, text
from policy_engine.changes.rendering.template_places import Alignment, Template, TemplatePlaces
from policy_engine.changes.rendering.units import Tool, Unit
from policy_engine.sources import Broken, Document, DocumentReader, LeftOut, Limits
from policy_engine.sources.layout import Places
from policy_engine.sources.text import Place, SourceText, UndecodableText, decode
from policy_engine.sources.trees import Tree
from policy_engine.sources.values import JsonObject

# Source: sigs.k8s.io/kustomize api/internal/utils/annotations.go `OriginAnnotationKey`.
ORIGIN = "config.kubernetes.io/origin"

_ARCHIVES = (".tgz", ".tar.gz")
_CRD = re.compile(r"[^/]+/(?:charts/[^/]+/)*crds/")  # as Helm calls it; hooks are among templates only
_ASKS = (FILE_NAME, REQUIREMENTS)


class Objects:
    """Reads what was rendered of one unit.

    keeps_origins: the kustomization itself asks for annotations about origins, so they stay.
    """

    def __init__(self, tree: Tree, unit: Unit, limits: Limits, *, keeps_origins: bool) -> None:
        self._tree = tree
        self._unit = unit
        self._limits = limits
        self._keeps_origins = keeps_origins
        self._reader = DocumentReader(limits)
        self._sources: dict[str, SourceText] = {}
        self._templates: dict[str, Template] = {}
        self._documents: dict[str, list[Document]] = {}
        self._counts: Counter[str] = Counter()

    def read(self, pieces: Iterable[Piece]) -> Iterator[Document | Broken]:
        """Give all objects in what was rendered; whatever is none is broken.

        Objects of a chart are in Helm's order, however it was asked to render them.
        """
        made: list[tuple[Rank, str, JsonObject, Places]] = []
        for piece in pieces:
            path = self.file_of(piece.template) if piece.template else self._unit.file
            alignment = Alignment(self._template(path), piece.text)
            for entry in self._reader.read(path, piece.text.encode()):
                if isinstance(entry, LeftOut):
                    reason = f"renders what is no Kubernetes object: it {entry.reason}"
                    yield self._fault(path, piece, alignment, entry.place, reason)
                elif isinstance(entry, Broken):
                    reason = f"renders what cannot be read: {entry.message}"
                    yield self._fault(path, piece, alignment, entry.place, reason)
                elif self._unit.tool is Tool.KUSTOMIZE:
                    yield self._built(entry)
                elif (is_crd := _CRD.match(piece.template) is not None) or is_made(entry.value):
                    layout: Places = TemplatePlaces(alignment, entry.layout, entry.inside)
                    if path.endswith(_ASKS):
                        layout = StartPlaces(self._source(path), self._asked_at(path, piece.template))
                    place = CRDS if is_crd else rank(piece.template, entry)
                    made.append((place, path, entry.value, layout))
        for _, path, value, layout in sorted(made, key=itemgetter(0)):
            yield self._document(path, value, layout)

    def file_of(self, template: str) -> str:
        """Give the file in the tree that Helm calls `web/charts/db/templates/x.yaml`.

        Of an archive that is the archive, and of one beside the repository the file that asks for it.
        """
        unit = self._unit
        assert unit.chart is not None
        here, there = self._subchart(template)
        if there in self._tree.entries():
            return there
        rest = template.removeprefix(f"{unit.chart.name}/")
        path = join(there, rest.removeprefix(f"{here}/") if here else rest)
        return path if path in self._tree.entries() else unit.file

    def _subchart(self, template: str) -> tuple[str, str]:
        """Give the innermost subchart that a template is of, as Helm names it, and where it comes from."""
        unit = self._unit
        assert unit.chart is not None
        rest = template.removeprefix(f"{unit.chart.name}/")
        found = (one for one in unit.chart.subcharts if rest.startswith(f"{one[0]}/"))
        return max(found, key=lambda one: len(one[0]), default=("", unit.path))

    def _asked_at(self, path: str, template: str) -> Place:
        """Find where a chart asks for the one that a template is of."""
        name = self._subchart(template)[0].rpartition("/")[2]
        for _, file in read_small_files(self._tree, [path], self._limits):
            if isinstance(file, SmallFile):
                for index, entry in enumerate(map(mapping, items(file.value.get("dependencies")))):
                    if name and name in (text(entry.get("alias")), text(entry.get("name"))):
                        return file.layout.locate(("dependencies", index)).start
        return Place(1, 1)

    def _document(self, path: str, value: JsonObject, layout: Places) -> Document:
        index = self._counts[path]
        self._counts[path] += 1
        return Document(path=path, index=index, value=value, inside=(), layout=layout)

    def _built(self, made: Document) -> Document:
        origin = self._origin(made.value)
        value = made.value if self._keeps_origins else _without_origin(made.value)
        path = text(origin.get("path"))
        if path:
            path = posixpath.normpath(posixpath.join(self._unit.path, path))
            if path in self._tree.entries():
                written = origin_of(made, self._written(path))
                if written is not None:
                    return self._document(path, value, OriginPlaces(written, value))
                return self._document(path, value, StartPlaces(self._source(path), Place(1, 1)))
        configured = text(origin.get("configuredIn"))
        file = posixpath.normpath(posixpath.join(self._unit.path, configured)) if configured else self._unit.file
        if file not in self._tree.entries():
            file = self._unit.file
        return self._document(file, value, self._generator(file, made))

    def _origin(self, value: JsonObject) -> JsonObject:
        annotation = text(mapping(mapping(value.get("metadata")).get("annotations")).get(ORIGIN))
        for read in self._reader.documents(SourceText("", annotation)):
            if isinstance(read, tuple):
                return mapping(read[0])
        return {}

    def _generator(self, file: str, made: Document) -> StartPlaces:
        """Find the entry of a kustomization that made an object: it has the start of the object's name."""
        source = self._source(file)
        for read in self._reader.documents(source):
            if isinstance(read, tuple):
                value, layout = read
                for field in ("configMapGenerator", "secretGenerator"):
                    for index, entry in enumerate(items(mapping(value).get(field))):
                        name = text(mapping(entry).get("name"))
                        if name and name in made.name and field.startswith(made.kind[:1].lower()):
                            return StartPlaces(source, layout.locate((field, index)).start)
                return StartPlaces(source, layout.start())
        return StartPlaces(source, Place(1, 1))

    def _written(self, path: str) -> list[Document]:
        if path not in self._documents:
            data = self._tree.read(path, self._limits)
            entries = () if isinstance(data, Broken) else self._reader.read(path, data)
            self._documents[path] = [entry for entry in entries if isinstance(entry, Document)]
        return self._documents[path]

    def _template(self, path: str) -> Template:
        if path not in self._templates:
            self._templates[path] = Template(self._source(path))
        return self._templates[path]

    def _source(self, path: str) -> SourceText:
        """Give a file's text; nothing for an archive, whose insides nobody reads in a review."""
        if path not in self._sources:
            data = b"" if path.endswith(_ARCHIVES) else self._tree.read(path, self._limits)
            try:
                source = SourceText(path, "") if isinstance(data, Broken) else decode(path, data)
            except UndecodableText:
                source = SourceText(path, "")
            self._sources[path] = source
        return self._sources[path]

    def _fault(self, path: str, piece: Piece, alignment: Alignment, place: Place | None, message: str) -> Broken:
        line = alignment.line_of(place.line) if piece.template and place is not None else 0
        return fault_at(self._source(path), line, message)


def fault_at(
    source: SourceText, line: int, message: str, *, code: str = RenderingCode.FAILED, help: str = ""
) -> Broken:
    """Make a fault at a line of a file; without one, or where the file has no such line, at the file."""
    if not 0 < line <= source.text.count("\n") + 1:
        return broken(source.path, message, code=RenderingCode(code), help=help)
    place = Place(line, 1)
    return broken(
        source.path, message, code=RenderingCode(code), help=help, place=place, excerpt=source.excerpt(place)
    )


def _without_origin(value: JsonObject) -> JsonObject:
    """Take the annotation out again, and with the last one `annotations`, as kustomize itself does."""
    metadata = mapping(value.get("metadata"))
    annotations = {key: one for key, one in mapping(metadata.get("annotations")).items() if key != ORIGIN}
    left = {key: one for key, one in metadata.items() if key != "annotations"}
    return {**value, "metadata": {**left, **({"annotations": annotations} if annotations else {})}}
