"""Schemas of charts' values: what they refer to outside of themselves.

Helm follows `$ref` to any file and address, and says in its errors what it finds there. So such a schema is
refused before Helm sees it. Source: Helm pkg/chartutil/jsonschema.go, `ValidateAgainstSingleSchema`.
"""

from __future__ import annotations

import gzip
import io
import json
import posixpath
import re
import tarfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from policy_engine.sources.values import JsonValue

_FILE_NAME = "values.schema.json"
_PACKAGE = ".tgz"

_MAX_UNPACKED_BYTES = 100 * 1024 * 1024  # Source: Helm's loader, MaxDecompressedChartSize
_MAX_SCHEMA_BYTES = 5 * 1024 * 1024  # Source: the same, MaxDecompressedFileSize
_MAX_DEPTH = 8  # archives in archives
_CHUNK_BYTES = 1024 * 1024
_BLOCK_BYTES = tarfile.BLOCKSIZE
_SIZE = re.compile(rb" *[0-7]* *\0*")
_RECORD = re.compile(rb"([1-9][0-9]{0,8}) ([^=\n]+)=")
_WITHOUT_CONTENT = (
    tarfile.LNKTYPE,
    tarfile.SYMTYPE,
    tarfile.CHRTYPE,
    tarfile.BLKTYPE,
    tarfile.DIRTYPE,
    tarfile.FIFOTYPE,
)
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


def _fault_in_package(data: bytes | memoryview, depth: int, room: _Room) -> str:
    if depth > _MAX_DEPTH:
        return f"holds packages in packages, more than {_MAX_DEPTH} deep"
    try:
        unpacked = _unpacked(data, room)
        if unpacked is None:
            return f"holds more than {_MAX_UNPACKED_BYTES} bytes"
        for names, held in _members(memoryview(unpacked)):
            found = _fault_in_member(names, held, depth, room)
            if found:
                return found
    except (tarfile.TarError, zlib.error, EOFError, OSError, ValueError):
        return "is no packaged chart that can be read"
    return ""


def _fault_in_member(names: list[str], held: memoryview, depth: int, room: _Room) -> str:
    read = [name for name in names if is_read(name)]
    schema = next((name for name in read if posixpath.basename(name) == _FILE_NAME), "")
    package = next((name for name in read if name.endswith(_PACKAGE)), "")
    found = ""
    if schema and len(held) > _MAX_SCHEMA_BYTES:  # as values, it would take many times as much
        found = f"holds more than {_MAX_SCHEMA_BYTES} bytes"
    elif schema:
        found = _fault_in_schema(bytes(held))
    if package and not found:
        found = _fault_in_package(held, depth + 1, room)
        schema = package
    return f"its `{schema}` {found}" if found else ""


def _unpacked(data: bytes | memoryview, room: _Room) -> bytearray | None:
    """Unpack all of a file's gzip members; None where they hold more than there is room for."""
    unpacked = bytearray()
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while chunk := file.read(min(_CHUNK_BYTES, room.left + 1)):
            room.left -= len(chunk)
            if room.left < 0:
                return None
            unpacked += chunk
    if not unpacked:
        raise EOFError("nothing is packed")
    return unpacked


def _members(tar: memoryview) -> Iterator[tuple[list[str], memoryview]]:
    """Give each member with content: every path that Helm may see it at, and what it holds.

    Go reads some archives in another way than tarfile does: it takes the last of several headers for one
    member, where tarfile takes the first, and it heeds no global header. So this gives the names of all
    headers, and refuses what Go could take for a member that begins or ends elsewhere.
    Blocks of zeros do not end it: there may be more behind them.
    """
    at = 0
    named: list[bytes] = []  # by headers that go before the member
    while at < len(tar):
        block = bytes(tar[at : at + _BLOCK_BYTES])
        at += _BLOCK_BYTES
        if not block.strip(b"\0"):
            continue
        header = tarfile.TarInfo.frombuf(block, "utf-8", "replace")
        kind = block[156:157]  # tarfile takes some files for folders
        if kind == tarfile.GNUTYPE_SPARSE or not _SIZE.fullmatch(block[124:136]):
            raise tarfile.ReadError("a size that can be read in two ways")
        held = tar[at : at + header.size]
        if len(held) < header.size:
            raise tarfile.ReadError("cut off")
        at += -(-header.size // _BLOCK_BYTES) * _BLOCK_BYTES
        if kind == tarfile.XHDTYPE:
            named += _named_in_records(bytes(held))
        elif kind == tarfile.GNUTYPE_LONGNAME:
            named.append(_text(bytes(held)))
        elif kind not in (tarfile.XGLTYPE, tarfile.GNUTYPE_LONGLINK):
            named += _named_in_header(block)
            is_folder = kind == tarfile.AREGTYPE and any(name.endswith(b"/") for name in named)
            if header.size and (is_folder or kind in _WITHOUT_CONTENT):
                raise tarfile.ReadError("content where there should be none")
            if not is_folder and kind not in _WITHOUT_CONTENT:
                yield sorted({_cleaned(name) for name in named}), held
            named = []


def _named_in_records(data: bytes) -> list[bytes]:
    """Give the paths in a PAX header. Source: POSIX, pax, "pax Extended Header"."""
    named: list[bytes] = []
    at = 0
    while at < len(data):
        record = _RECORD.match(data, at)
        end = at + int(record[1]) if record else 0
        if not record or end <= record.end() or data[end - 1 : end] != b"\n":
            raise tarfile.ReadError("no records")
        if record[2] == b"size" or record[2].startswith(b"GNU.sparse."):
            raise tarfile.ReadError("a size that can be read in two ways")
        if record[2] == b"path":
            named.append(data[record.end() : end - 1])
        at = end
    return named


def _named_in_header(block: bytes) -> list[bytes]:
    """Give the paths that a header may mean: a prefix counts in some formats only, and is shorter in one."""
    name = _text(block[:100])
    prefixes = [_text(block[345:end]) for end in (476, 500)]
    return [name, *(prefix + b"/" + name for prefix in prefixes if prefix)]


def _text(field: bytes) -> bytes:
    return field.partition(b"\0")[0]


def _cleaned(name: bytes) -> str:
    """Source: Helm pkg/chart/loader/archive.go, `LoadArchiveFiles`."""
    return posixpath.normpath(name.decode("utf-8", "replace").replace("\\", "/"))


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
