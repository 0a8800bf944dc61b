"""From a field path to a place in a file, worked out when the first finding asks for it."""

from __future__ import annotations

from itertools import islice
from typing import Protocol

from policy_engine.field_paths import FieldPath
from policy_engine.sources.compose import compose
from policy_engine.sources.limits import Limits
from policy_engine.sources.nodes import Node, ScalarNode, find
from policy_engine.sources.text import Place, SourceText, Span


class Places(Protocol):
    """Where the parts of one document are, in the file that people see."""

    source: SourceText

    def start(self) -> Place:
        """Give where the document begins."""

    def locate(self, path: FieldPath) -> Span:
        """Find a field, or its nearest ancestor that exists."""

    def value_start(self, path: FieldPath) -> int | None:
        """Give the offset in the file's text where a field's value begins; None where the field is not there."""


class Layout:
    """Where the parts of one document are in its file.

    chunk: the document's text, which begins at `offset` in the file.
    position: the document's place among those of the chunk.
    is_json: the chunk is JSON text, which is no YAML where it escapes characters in pairs.
    """

    __slots__ = ("_chunk", "_is_json", "_limits", "_offset", "_position", "_root", "_spans", "_start", "source")

    def __init__(
        self,
        source: SourceText,
        chunk: str,
        *,
        offset: int,
        start: int,
        limits: Limits,
        position: int = 0,
        is_json: bool = False,
    ) -> None:
        self.source = source
        self._chunk = chunk
        self._offset = offset
        self._start = start
        self._limits = limits
        self._position = position
        self._is_json = is_json
        self._root: Node | None = None
        self._spans: dict[FieldPath, Span] = {}

    def start(self) -> Place:
        """Give where the document begins, without parsing it again."""
        return self.source.place(self._offset + self._start)

    def locate(self, path: FieldPath) -> Span:
        """Find a field, or its nearest ancestor that exists.

        The span of a field begins at its key; the span of an ancestor of a missing field is its key alone.
        """
        span = self._spans.get(path)
        if span is None:
            span = self._spans[path] = self._locate(path)
        return span

    def _locate(self, path: FieldPath) -> Span:
        found = find(self._nodes(), path)
        value_end = max(found.value.end, found.value.start)
        if found.depth < len(path):
            if found.key is not None:
                return self._span(found.key.start, found.key.end)
            return self._span(found.value.start, self._line_end(found.value.start, value_end))
        start = found.value.start if found.key is None else found.key.start
        return self._span(start, self._trimmed(start, value_end))

    def value_start(self, path: FieldPath) -> int | None:
        """Give the offset in the file's text where a field's value begins; None where the field is not there."""
        found = find(self._nodes(), path)
        return self._offset + found.value.start if found.depth == len(path) else None

    def _nodes(self) -> Node:
        if self._root is None:
            if self._is_json:
                from policy_engine.sources.json_text import json_nodes

                self._root = json_nodes(self._chunk, self._start, self._limits)
            else:
                nodes = islice(compose(self._chunk, self._limits), self._position, None)
                # A document of nothing but comments has no node.
                self._root = next(nodes, None) or ScalarNode(self._start, self._start, "", plain=True)
        return self._root

    def _span(self, start: int, end: int) -> Span:
        return self.source.span(self._offset + start, self._offset + max(start, end))

    def _line_end(self, start: int, end: int) -> int:
        line_end = self._chunk.find("\n", start, end)
        return self._trimmed(start, end if line_end < 0 else line_end)

    def _trimmed(self, start: int, end: int) -> int:
        """Leave out the white space and comments that PyYAML counts to a block's end."""
        return start + len(self._chunk[start:end].rstrip())
