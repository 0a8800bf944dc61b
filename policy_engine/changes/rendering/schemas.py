"""Schemas of charts' values: what they refer to outside of themselves.

Helm follows `$ref` to any file and address, and says in its errors what it finds there. So such a schema is
refused before Helm sees it. Source: Helm pkg/chartutil/jsonschema.go, `ValidateAgainstSingleSchema`.
"""

from __future__ import annotations

import io
import json
import posixpath
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from policy_engine.sources.values import JsonValue

_FILE_NAME = "values.schema.json"
_PACKAGE = ".tgz"

_MAX_UNPACKED_BYTES = 100 * 1024 * 1024  # Source: Helm's loader, MaxDecompressedChartSize
_MAX_DEPTH = 8  # archives in archives
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_DRAFTS = ("http://json-schema.org/", "https://json-schema.org/")


def is_read(path: str) -> bool:
    """Tell whether Helm takes a file for a schema, or for a packaged chart, which may have one."""
    folder, name = posixpath.split(path)
    return name == _FILE_NAME or (name.endswith(_PACKAGE) and posixpath.basename(folder) == "charts")


def fault_in(path: str, data: bytes) -> str:
    """Say what is wrong with a schema, or with one in a packaged chart; empty where nothing is."""
    if posixpath.basename(path) == _FILE_NAME:
        return _fault_in_schema(data)
    return _fault_in_package(data, 1, _Room(_MAX_UNPACKED_BYTES))


@dataclass(slots=True)
class _Room:
    """How many bytes may still be unpacked."""

    left: int


def _fault_in_package(data: bytes, depth: int, room: _Room) -> str:
    if depth > _MAX_DEPTH:
        return f"holds packages in packages, more than {_MAX_DEPTH} deep"
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r|gz") as archive:
            for member in archive:
                room.left -= member.size
                if room.left < 0:
                    return f"holds more than {_MAX_UNPACKED_BYTES} bytes"
                file = archive.extractfile(member) if member.isreg() and is_read(member.name) else None
                if file is None:
                    continue
                is_schema = posixpath.basename(member.name) == _FILE_NAME
                held = file.read()
                found = _fault_in_schema(held) if is_schema else _fault_in_package(held, depth + 1, room)
                if found:
                    return f"its `{member.name}` {found}"
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError):
        return "is no packaged chart that can be read"
    return ""


def _fault_in_schema(data: bytes) -> str:
    try:
        schema: JsonValue = json.loads(data)
        foreign = next(_foreign(schema), "")
    except (ValueError, RecursionError):
        return "is not JSON"
    return f"refers to `{foreign}`, outside of itself" if foreign else ""


def _foreign(value: JsonValue) -> Iterator[str]:
    """Give the references that lead out of a schema, and metaschemas that Helm does not bring along."""
    if isinstance(value, list):
        for item in value:
            yield from _foreign(item)
    elif isinstance(value, dict):
        for key, part in value.items():
            if isinstance(part, str):
                is_foreign = key in _REFERENCES and not part.startswith("#")
                if is_foreign or (key == "$schema" and not part.startswith(_DRAFTS)):
                    yield part
            else:
                yield from _foreign(part)
