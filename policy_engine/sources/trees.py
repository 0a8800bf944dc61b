"""The files of one revision, wherever they are kept: read one by one, never checked out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Protocol

from policy_engine.records import record
from policy_engine.sources.document import Broken
from policy_engine.sources.limits import Limits


class EntryKind(StrEnum):
    """What a path is. Only files are ever read."""

    FILE = "file"
    LINK = "symbolic link"
    SUBMODULE = "submodule"


@record(kw_only=True)
class TreeEntry:
    """A path in a tree. id: the same for the same content. size_bytes: None for a submodule."""

    path: str
    kind: EntryKind
    id: str
    size_bytes: int | None


class Tree(Protocol):
    """All files of a revision. Paths are relative to the root, with `/`, and never lead out of it."""

    id: str

    def entries(self) -> Mapping[str, TreeEntry]:
        """Give everything in the tree by its path, in the order of paths; directories are not in it."""

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        """Read a file. Broken where it is not there, is no file, or is larger than the limit."""

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        """Read files in the order given, at the cost of one."""

    def link(self, path: str) -> str:
        """Tell where a symbolic link leads, as it is written; empty where that cannot be told."""

    def containing(self, words: Collection[str], *, under: Collection[str] = ()) -> list[str]:
        """Find the files with a manifest's extension that contain any of the words as they are written.

        under: directories to look in; empty stands for everything.
        """
