"""Files by name: paths from a command line to bytes. The only module here that opens what is judged."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator

from policy_engine.sources.document import Broken, LeftOut
from policy_engine.sources.limits import Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.reading import DocumentReader, Entry, too_large
from policy_engine.sources.walk import Unfollowed, Unreadable, walk

STDIN = "-"
STDIN_NAME = "<stdin>"


def find_files(paths: Iterable[str]) -> Iterator[str | Unfollowed | Broken]:
    """Give the files that paths stand for, each once: a directory's manifests, or a file whatever its name."""
    given: set[str] = set()
    paths = tuple(dict.fromkeys(paths))
    for path in paths:
        if path == STDIN:
            found: Iterable[str | Unfollowed | Broken] = (STDIN,)
        else:
            found = _expand(path)
        for entry in found:
            if isinstance(entry, str) and len(paths) > 1:  # one path never gives a file twice
                name = entry if entry == STDIN else os.path.realpath(entry)
                if name in given:
                    continue
                given.add(name)
            yield entry


def read_file(path: str, limits: Limits) -> bytes | Broken:
    """Read a file, or standard input for `-`, but never more than the limit."""
    try:
        if path == STDIN:
            data = sys.stdin.buffer.read(limits.file_bytes + 1)
        else:
            with open(path, "rb") as file:
                data = file.read(limits.file_bytes + 1)
    except (OSError, ValueError) as error:
        return _unreadable(path, _reason(error))
    return too_large(shown_name(path), limits) if len(data) > limits.file_bytes else data


def read_entries(path: str, reader: DocumentReader) -> Iterator[Entry]:
    """Read all that is in a file; a file that cannot be read is one entry."""
    data = read_file(path, reader.limits)
    if isinstance(data, Broken):
        yield data
    else:
        yield from reader.read(shown_name(path), data)


def read_paths(paths: Iterable[str], reader: DocumentReader) -> Iterator[Entry]:
    """Read all that is in the files that paths stand for. A link that is not followed is left out."""
    for found in find_files(paths):
        if isinstance(found, str):
            yield from read_entries(found, reader)
        elif isinstance(found, Broken):
            yield found
        else:
            yield LeftOut(path=found.path, reason=found.reason)


def shown_name(path: str) -> str:
    """Give a file's name as people see it."""
    return STDIN_NAME if path == STDIN else path


def _expand(path: str) -> Iterable[str | Unfollowed | Broken]:
    try:
        if not stat.S_ISDIR(os.stat(path).st_mode):
            return (path,)
    except (OSError, ValueError) as error:
        return (_unreadable(path, _reason(error)),)
    return (
        _unreadable(entry.path, entry.reason) if isinstance(entry, Unreadable) else entry for entry in walk(path)
    )


def _reason(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _unreadable(path: str, reason: str) -> Broken:
    return Broken(
        path=shown_name(path), code=ProblemCode.FILE_UNREADABLE, message=f"cannot be read: {reason.lower()}"
    )
