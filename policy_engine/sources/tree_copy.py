"""Files of a tree written into a folder, for programs that read only folders: plain files and nothing else."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from policy_engine.sources.document import Broken, LeftOut
from policy_engine.sources.limits import Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.tree_paths import leads_out
from policy_engine.sources.trees import EntryKind, Tree

MAX_TOTAL_BYTES = 256 * 1024 * 1024  # the largest public charts, with all they depend on, have some 20 MiB
MAX_FILES = 50_000

# O_EXCL: a path is written once, and nothing that is there already, a link least of all, is opened.
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)


def copy_files(tree: Tree, paths: Iterable[str], folder: str, limits: Limits) -> list[Broken | LeftOut]:
    """Write files of a tree below an empty folder, each at its own path, and tell of those that were not written.

    Links and submodules are left out: nothing in the folder leads out of it. No file is executable.
    """
    problems: list[Broken | LeftOut] = []
    room = MAX_TOTAL_BYTES
    for path, data in tree.read_many(_plain_files(tree, paths, problems), limits):
        if isinstance(data, Broken):
            problems.append(data)
            continue
        room -= len(data)
        if room < 0:
            problems.append(_too_much(path, f"more than {MAX_TOTAL_BYTES} bytes in all files together"))
            break
        try:
            _write(os.path.join(folder, *path.split("/")), data)
        except OSError as error:
            problems.append(_unreadable(path, f"cannot be copied: {(error.strerror or str(error)).lower()}"))
    return problems


def _plain_files(tree: Tree, paths: Iterable[str], problems: list[Broken | LeftOut]) -> Iterator[str]:
    entries = tree.entries()
    for count, path in enumerate(dict.fromkeys(paths)):
        if count == MAX_FILES:
            problems.append(_too_much(path, f"more than {MAX_FILES} files"))
            return
        entry = entries.get(path)
        if leads_out(path):
            problems.append(_unreadable(path, "leads out of the folder"))
        elif entry is None or entry.kind is EntryKind.FILE:
            yield path  # reading what is not there says so
        else:
            problems.append(LeftOut(path=path, reason=f"{entry.kind.value} not followed"))


def _write(path: str, data: bytes) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with open(os.open(path, _NEW_FILE, 0o600), "wb") as file:
        file.write(data)


def _unreadable(path: str, message: str) -> Broken:
    return Broken(path=path, code=ProblemCode.FILE_UNREADABLE, message=message)


def _too_much(path: str, message: str) -> Broken:
    return Broken(path=path, code=ProblemCode.FILE_TOO_LARGE, message=message)
