"""A file's bytes to documents: everything in it is handed out, as an object, as broken, or as left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from policy_engine.sources.chunks import Chunk, split
from policy_engine.sources.compose import compose
from policy_engine.sources.construct import construct
from policy_engine.sources.document import Broken, Document, LeftOut, Note
from policy_engine.sources.layout import Layout
from policy_engine.sources.limits import DEFAULT_LIMITS, Limits
from policy_engine.sources.objects import NoObject, WrongList, unpack
from policy_engine.sources.problems import DocumentError, ProblemCode
from policy_engine.sources.quick import QuickReader
from policy_engine.sources.text import HIDDEN_EXCERPT, SourceText, UndecodableText, decode
from policy_engine.sources.values import JsonValue

Entry = Document | Broken | LeftOut

_SECRET = re.compile(r"""\bkind["']?\s*:\s*["']?Secret\b""")
_STRAY_MARK = re.compile("[\n\r\x85\u2028\u2029]\ufeff")


class DocumentReader:
    """Reads files one after another, and remembers words between them. Not for several threads at once."""

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        self.limits = limits
        self._quick = QuickReader(limits)

    def read(self, path: str, data: bytes) -> Iterator[Entry]:
        """Read a file's bytes. Never raises for what is in them: what cannot be read comes out as Broken."""
        if len(data) > self.limits.file_bytes:
            yield too_large(path, self.limits)
            return
        try:
            source = decode(path, data)
        except UndecodableText as error:
            yield _broken(error.source, error)
            return
        entries = 0
        for index, document in enumerate(self.documents(source)):
            for entry in _entries(document, index, source) if isinstance(document, tuple) else (document,):
                entries += 1
                if entries > self.limits.documents:
                    yield Broken(
                        path=path,
                        code=ProblemCode.TOO_MANY_DOCUMENTS,
                        message=f"more than {self.limits.documents} documents and items of Lists",
                        help="split the file",
                    )
                    return
                yield entry

    def documents(self, source: SourceText) -> Iterator[tuple[JsonValue, Layout] | Broken]:
        """Give the value of every document of a text, whether it is a Kubernetes object or not.

        Source: apimachinery pkg/util/yaml `YAMLOrJSONDecoder`: JSON values first, YAML from where that fails.
        """
        text, position, count = source.text, 0, 0
        json_error: DocumentError | None = None
        if not source.has_mark and text.lstrip()[:1] == "{":
            from policy_engine.sources.json_text import read_json  # most files are YAML and need none of it

            while json_error is None:
                try:
                    found = read_json(text, position, self.limits)
                except DocumentError as error:
                    if error.code != ProblemCode.JSON_SYNTAX or count > 1:
                        yield _broken(source, error)
                        return
                    json_error = error
                    continue
                if found is None:
                    return
                layout = Layout(source, text, offset=0, start=found.start, limits=self.limits, is_json=True)
                yield found.value, layout
                position, count = found.end, count + 1
            position = _line_behind(text, position)
        seems_template = False
        for chunk in split(text, position):
            for document in self._chunk(source, chunk):
                if isinstance(document, Broken):
                    if document.code == ProblemCode.HELM_TEMPLATE:
                        if seems_template:
                            continue  # said once a file: its other documents are templates too
                        seems_template = True
                    elif json_error is not None and source.path.endswith(".json"):
                        document = _broken(source, json_error)
                yield document

    def _chunk(self, source: SourceText, chunk: Chunk) -> Iterator[tuple[JsonValue, Layout] | Broken]:
        if chunk.wrong_separator >= 0:
            error = DocumentError(
                "nothing but a comment may follow `---`",
                code=ProblemCode.DOCUMENT_SEPARATOR,
                offset=chunk.wrong_separator - chunk.offset,
                help="begin the document on the next line: kubectl refuses it here",
            )
            yield _broken(source, error, chunk)
            return
        stray = _STRAY_MARK.search(chunk.text) if "\ufeff" in chunk.text else None
        if stray is not None:
            error = DocumentError(
                "found a byte order mark in the middle of the text",
                code=ProblemCode.NOT_TEXT,
                offset=stray.end() - 1,
                help="remove it: readers of YAML disagree about what it means there",
            )
            yield _broken(source, error, chunk)
            return
        limits = self.limits
        quick = self._quick.read(chunk.text)
        if quick is not None:
            value, start = quick
            yield value, Layout(source, chunk.text, offset=chunk.offset, start=start, limits=limits)
            return
        try:
            for position, node in enumerate(compose(chunk.text, limits)):
                layout = Layout(
                    source,
                    chunk.text,
                    offset=chunk.offset,
                    start=node.start,
                    limits=limits,
                    position=position,
                )
                try:
                    yield construct(node), layout
                except DocumentError as error:
                    yield _broken(source, error, chunk)
        except DocumentError as error:
            yield _broken(source, error, chunk)


def too_large(path: str, limits: Limits) -> Broken:
    """Refuse a file for its size."""
    return Broken(
        path=path,
        code=ProblemCode.FILE_TOO_LARGE,
        message=f"larger than {limits.file_bytes} bytes",
        help="split the file",
    )


def _entries(document: tuple[JsonValue, Layout], index: int, source: SourceText) -> Iterator[Entry]:
    value, layout = document
    for part in unpack(value):
        if isinstance(part, NoObject):
            yield LeftOut(path=source.path, reason=part.reason, place=layout.start())
        elif isinstance(part, WrongList):
            place = layout.locate(part.inside).start
            yield Broken(
                path=source.path,
                code=ProblemCode.LIST_INVALID,
                message=part.message,
                place=place,
                excerpt=source.excerpt(place),
                index=index,
            )
        else:
            yield Document(path=source.path, index=index, value=part.value, inside=part.inside, layout=layout)


def _broken(source: SourceText, error: DocumentError, chunk: Chunk | None = None) -> Broken:
    offset, text = (chunk.offset, chunk.text) if chunk is not None else (0, source.text)
    code, message, help, at = error.code, error.message, error.help, error.offset
    template = text.find("{{")
    if template >= 0 and code in _READ_ELSEWHERE:
        help = "; ".join(filter(None, (help, "if this is a template, render it first")))
    elif template >= 0 and code in _TEMPLATES_LOOK_LIKE:
        code, at = ProblemCode.HELM_TEMPLATE, template
        message = f"looks like a template ({message})"
        help = "render it first, for example with `helm template`"
    place = source.place(offset + at)
    # A broken Secret cannot be told from its fields, and its lines are not for everybody who reads a report.
    shows = _SECRET.search(text) is None
    note = None
    if error.related is not None and code != ProblemCode.HELM_TEMPLATE:
        there = source.place(offset + error.related)
        note = Note(
            place=there, text=error.related_note, excerpt=source.excerpt(there) if shows else HIDDEN_EXCERPT
        )
    return Broken(
        path=source.path,
        code=code,
        message=message,
        help=help,
        place=place,
        excerpt=source.excerpt(place) if shows else HIDDEN_EXCERPT,
        note=note,
    )


_TEMPLATES_LOOK_LIKE = (ProblemCode.YAML_SYNTAX, ProblemCode.UNSUPPORTED_KEY)
_READ_ELSEWHERE = (ProblemCode.DUPLICATE_KEY, ProblemCode.DOCUMENT_SEPARATOR)  # lenient tools take them


def _line_behind(text: str, position: int) -> int:
    """Skip white space up to the next line, as kubectl does between JSON and YAML."""
    while position < len(text) and text[position].isspace():
        position += 1
        if text[position - 1] == "\n":
            break
    return position
