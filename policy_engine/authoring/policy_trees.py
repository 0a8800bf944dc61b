"""Policies from the files of a revision, beside others from folders."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from policy_engine.authoring.policy_files import LoadedPolicies, load_entries
from policy_engine.records import record
from policy_engine.sources.document import Broken
from policy_engine.sources.files import read_paths
from policy_engine.sources.limits import DEFAULT_LIMITS, Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.reading import DocumentReader, Entry
from policy_engine.sources.trees import EntryKind, TreeEntry
from policy_engine.sources.walk import EXTENSIONS

ROOT = "."


class PlacedFiles(Protocol):
    """Files that hold policies, wherever they are kept. paths: as people named them."""

    @property
    def paths(self) -> Sequence[str]:
        """Give the files and folders that are looked in."""

    def read(self, reader: DocumentReader) -> Iterator[Entry]:
        """Read all that is in the files; what cannot be read is Broken."""


class Revision(Protocol):
    """What is needed of a `Tree` here."""

    def entries(self) -> Mapping[str, TreeEntry]:
        """Give everything in the tree by its path."""

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        """Read a file."""

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        """Read files in the order given."""


@record
class TreeFiles:
    """Files and folders of a revision. Links and submodules are never followed: each is Broken.

    paths: relative to the repository's root, with `/`; `.` is the root.
    """

    tree: Revision
    paths: Sequence[str]

    def read(self, reader: DocumentReader) -> Iterator[Entry]:
        """Read all that is in the files, which are named by their paths in the repository."""
        found = list(find_in_tree(self.tree, self.paths))
        contents = self.tree.read_many([one for one in found if isinstance(one, str)], reader.limits)
        for one in found:
            if isinstance(one, Broken):
                yield one
                continue
            path, data = next(contents)
            if isinstance(data, Broken):
                yield data
            else:
                yield from reader.read(path, data)


@record
class FolderFiles:
    """Files and folders of the file system, read as `polgate check --policies` reads them."""

    paths: Sequence[str]

    def read(self, reader: DocumentReader) -> Iterator[Entry]:
        """Read all that is in the files, which are named as they are found."""
        return read_paths(self.paths, reader)


def load_policies_from(
    places: Sequence[PlacedFiles], *, version: str, limits: Limits = DEFAULT_LIMITS
) -> LoadedPolicies:
    """Load policies from several places, as one set.

    Raises: BrokenFiles where a file cannot be read, or the API server would refuse a policy or binding; NoPolicies
    where there is none in all of the places.
    """
    reader = DocumentReader(limits)
    entries = (entry for place in places for entry in place.read(reader))
    return load_entries(entries, version=version, searched=[path for place in places for path in place.paths])


def find_in_tree(tree: Revision, paths: Iterable[str]) -> Iterator[str | Broken]:
    """Give the files that paths stand for, each once: a folder's manifests, or a file whatever its name.

    Below a folder, folders whose name begins with a dot are left out, as in the file system. A link or submodule
    is Broken, for it may stand for policies.
    """
    entries = tree.entries()
    given: set[str] = set()
    for path in paths:
        for found in _expand(entries, path):
            name = found if isinstance(found, str) else found.path
            if name not in given:
                given.add(name)
                yield found


def _expand(entries: Mapping[str, TreeEntry], path: str) -> Iterator[str | Broken]:
    """Give the files of one path. Entries are looked at only where they are wanted: a tree may have many."""
    # `a/b` is `a` itself where that is a link or a submodule, which may lead to anything.
    folders = path.split("/")
    for length in range(1, len(folders) + 1):
        named = entries.get("/".join(folders[:length]))
        if named is not None:
            yield _file(named)
            return
    prefix = "" if path == ROOT else path + "/"
    is_there = path == ROOT
    for name in entries:
        if name.startswith(prefix):
            is_there = True
            inside = name[len(prefix) :]
            if not _is_hidden(inside) and (
                inside.endswith(EXTENSIONS) or entries[name].kind is not EntryKind.FILE
            ):
                yield _file(entries[name])
    if not is_there:
        yield Broken(
            path=path,
            code=ProblemCode.FILE_UNREADABLE,
            message="cannot be read: no such file or folder in this revision",
        )


def _is_hidden(inside: str) -> bool:
    """Tell whether a path leads through a folder whose name begins with a dot."""
    return (inside.startswith(".") and "/" in inside) or "/." in inside.rpartition("/")[0]


def _file(entry: TreeEntry) -> str | Broken:
    if entry.kind is EntryKind.FILE:
        return entry.path
    return Broken(
        path=entry.path,
        code=ProblemCode.FILE_UNREADABLE,
        message=f"is a {entry.kind}, which is not followed",
        help=f"put the files themselves into `{posixpath.dirname(entry.path) or ROOT}`",
    )
