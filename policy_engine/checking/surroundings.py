"""What the manifests tell about each other: Namespaces give labels, definitions give custom resources."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from policy_engine.admission.json_values import JsonObject
from policy_engine.sources import Broken, Document, DocumentReader, read_file, shown_name

_WORDS = ("Namespace", "CustomResourceDefinition")
_HINTS = tuple(word.encode(encoding) for word in _WORDS for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_KEPT_BYTES = 64 * 1024 * 1024  # of files read ahead, so that they need not be read again


@dataclass(slots=True)
class ReadAhead:
    """What a first look into the files has found.

    data: the bytes of files that are already read; the others are read when they are judged.
    size: of all files together, in bytes.
    """

    namespaces: list[JsonObject] = field(default_factory=list)
    definitions: list[JsonObject] = field(default_factory=list)
    data: dict[str, bytes | Broken] = field(default_factory=dict)
    size: int = 0


def read_ahead(paths: Iterable[str]) -> ReadAhead:
    """Look into files for objects that others are judged by.

    Only files that hold a telling word are parsed here. One that spells it with escapes is missed, and what
    needs it is skipped with the reason, as for any namespace that nobody has described.
    """
    ahead = ReadAhead()
    reader = DocumentReader()
    kept = 0
    for path in paths:
        data = read_file(path, reader.limits)
        size = 0 if isinstance(data, Broken) else len(data)
        ahead.size += size
        kept += size
        if kept <= _KEPT_BYTES or not os.path.isfile(path):  # standard input and pipes are read only once
            ahead.data[path] = data
        if not isinstance(data, Broken) and any(hint in data for hint in _HINTS):
            for document in _documents(reader, path, data):
                if (document.api_version, document.kind) == ("v1", "Namespace"):
                    ahead.namespaces.append(document.value)
                elif document.kind == "CustomResourceDefinition":
                    ahead.definitions.append(document.value)
    return ahead


def _documents(reader: DocumentReader, path: str, data: bytes) -> Iterator[Document]:
    return (entry for entry in reader.read(shown_name(path), data) if isinstance(entry, Document))
