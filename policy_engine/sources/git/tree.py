"""The files of one revision, read out of Git's objects."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from policy_engine.sources.document import Broken
from policy_engine.sources.git.listing import list_tree
from policy_engine.sources.git.objects import ObjectReader
from policy_engine.sources.git.program import Git
from policy_engine.sources.git.search import LFS_MARK, ManifestSearch
from policy_engine.sources.limits import Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.reading import too_large
from policy_engine.sources.trees import EntryKind, TreeEntry

_AT_ONCE = 64
_AT_ONCE_BYTES = 8 * 1024 * 1024  # more only where one file alone is larger
_LFS_BYTES = 1024  # git-lfs docs/spec.md: a pointer is smaller

_LONGEST_LINK = 4096  # bytes: PATH_MAX of Linux


class GitTree:
    """A `Tree`. Made by `Repository`, and usable as long as that is open."""

    def __init__(self, id: str, git: Git, objects: ObjectReader, search: ManifestSearch) -> None:
        self.id = id
        self._git = git
        self._objects = objects
        self._search = search
        self._entries: Mapping[str, TreeEntry] | None = None
        self._known: dict[str, TreeEntry] = {}

    def learn(self, entries: Iterable[TreeEntry]) -> None:
        """Take entries that are known already, so that reading them needs no listing of all files."""
        self._known.update((entry.path, entry) for entry in entries)

    def entries(self) -> Mapping[str, TreeEntry]:
        """Give everything in the tree by its path, in the order of paths; directories are not in it.

        Raises: GitError.
        """
        if self._entries is None:
            self._entries = list_tree(self.id, self._git, self._objects)
        return self._entries

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        """Read a file. Broken where it is not there, is no file, is too large, or is missing from this clone."""
        return next(self.read_many((path,), limits))[1]

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        """Read files in the order given, some at a time."""
        waiting: list[TreeEntry | Broken] = []
        size = 0
        for path in paths:
            found = self._readable(path, limits)
            more = found.size_bytes or 0 if isinstance(found, TreeEntry) else 0
            if len(waiting) == _AT_ONCE or (waiting and size + more > _AT_ONCE_BYTES):
                yield from self._read(waiting)
                waiting, size = [], 0
            waiting.append(found)
            size += more
        yield from self._read(waiting)

    def link(self, path: str) -> str:
        """Tell where a symbolic link leads, as it is written; empty where that cannot be told."""
        entry = self._known.get(path) or self.entries().get(path)
        if entry is None or entry.kind is not EntryKind.LINK or not 0 < (entry.size_bytes or 0) <= _LONGEST_LINK:
            return ""
        content = next(iter(self._objects.read([entry.id])))
        return "" if content is None else content.decode("utf-8", "surrogateescape")

    def containing(self, words: Collection[str], *, under: Collection[str] = ()) -> list[str]:
        """Find the files with a manifest's extension that contain any of the words as they are written.

        Files that cannot be searched, because they are UTF-16 or cannot be read, are among those found.
        """
        return self._search.find(self, words, under)

    def _readable(self, path: str, limits: Limits) -> TreeEntry | Broken:
        entry = self._known.get(path) or self.entries().get(path)
        if entry is None:
            return _unreadable(path, "there is no such file in the revision")
        if entry.kind is not EntryKind.FILE:
            return _unreadable(path, f"a {entry.kind.value} is not followed")
        if entry.size_bytes is None:
            return _missing(path)
        return too_large(path, limits) if entry.size_bytes > limits.file_bytes else entry

    def _read(self, waiting: list[TreeEntry | Broken]) -> Iterator[tuple[str, bytes | Broken]]:
        contents = iter(self._objects.read([one.id for one in waiting if isinstance(one, TreeEntry)]))
        for one in waiting:
            if isinstance(one, Broken):
                yield one.path, one
                continue
            content = next(contents)
            if content is None:
                yield one.path, _missing(one.path)
            elif len(content) < _LFS_BYTES and content.startswith(LFS_MARK):
                yield (
                    one.path,
                    _unreadable(one.path, "the repository holds only a pointer to it, for Git LFS", _LFS),
                )
            else:
                yield one.path, content


_LFS = "keep what is to be judged in Git itself"
_PARTIAL = "clone without `--filter`, or check the clone with `git fsck`"


def _missing(path: str) -> Broken:
    return _unreadable(path, "its content is missing from this clone, or damaged", _PARTIAL)


def _unreadable(path: str, reason: str, help: str = "") -> Broken:
    return Broken(path=path, code=ProblemCode.FILE_UNREADABLE, message=f"cannot be read: {reason}", help=help)
