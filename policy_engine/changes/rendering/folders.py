"""The paths of a tree as folders: what is below one, and what a path written in a file leads to."""

from __future__ import annotations

import posixpath
import re
from bisect import bisect_left
from collections.abc import Sequence

from policy_engine.records import record
from policy_engine.sources.trees import EntryKind, Tree

_ABOVE_SLASH = "0"  # the character behind `/`: the first path that is not below `folder/` any more

# What kustomize and Helm fetch: addresses, `git::` and `git@host:`. A host's name alone, and Git's `?ref=`, may
# be names of files as well. Source: sigs.k8s.io/kustomize api/internal/git/repospec.go `parseGitURL`.
_REMOTE = re.compile(r"[a-z][a-z0-9+.-]*:/|[a-z0-9]+::|[\w.-]+@[\w.-]+:", re.I)
_MAYBE_REMOTE = re.compile(
    r"[\w-]+(\.[\w-]+)*\.(com|org|net|io|dev)[/:]|.*[?&](ref|version|timeout|submodules)=", re.I
)


def join(folder: str, name: str) -> str:
    """Give the path of a name in a folder; the root is empty."""
    return f"{folder}/{name}" if folder else name


def prefix_of(folder: str) -> str:
    """Give what all paths below a folder begin with."""
    return f"{folder}/" if folder else ""


def parent_of(path: str) -> str:
    """Give the folder that a path is in."""
    return path.rpartition("/")[0]


@record(kw_only=True)
class Target:
    """What a path written in a file leads to.

    path: in the tree; it says nothing where `refusal` says why the way is not gone. is_missing: that is why.
    """

    path: str = ""
    is_folder: bool = False
    is_missing: bool = False
    refusal: str = ""
    help: str = ""


class Folders:
    """The paths of a tree, in order."""

    def __init__(self, tree: Tree) -> None:
        self.entries = tree.entries()
        self._paths: Sequence[str] = sorted(self.entries)

    def below(self, folder: str) -> Sequence[str]:
        """Give all paths in a folder and in its folders."""
        if not folder:
            return self._paths
        start = bisect_left(self._paths, f"{folder}/")
        return self._paths[start : bisect_left(self._paths, f"{folder}{_ABOVE_SLASH}", start)]

    def names_in(self, folder: str) -> list[str]:
        """Give the names of all that is in a folder, folders too, each once."""
        start = len(prefix_of(folder))
        return list(dict.fromkeys(path[start:].partition("/")[0] for path in self.below(folder)))

    def kind_of(self, path: str) -> EntryKind | None:
        """Tell what a path is, or None where nothing is: asking a tree for entries one by one has its price."""
        return self.entries[path].kind if path in self.entries else None

    def is_file(self, path: str) -> bool:
        """Tell whether a path is a plain file."""
        return self.kind_of(path) is EntryKind.FILE

    def is_folder(self, path: str) -> bool:
        """Tell whether there is anything in a folder."""
        return not path or bool(self.below(path))

    def follow(self, folder: str, written: str) -> Target:
        """Find what a path that is written in a file of a folder leads to, never out of the tree."""
        if _REMOTE.match(written):
            return _fetched(written)
        if written.startswith(("/", "~")) or "\\" in written or "\0" in written:
            return Target(
                refusal=f"`{written}` is no path in the repository", help="name it by its way from this file"
            )
        path = posixpath.normpath(posixpath.join(folder or ".", written))
        path = "" if path == "." else path
        if path == ".." or path.startswith("../"):
            return Target(
                refusal=f"`{written}` leads out of the repository",
                help="only files of the repository are read: move it inside",
            )
        link = self._link_on_the_way(path)
        if link:
            return Target(
                refusal=f"`{written}` leads through the {self.entries[link].kind} `{link}`",
                help="links and submodules are not followed: name the file itself",
            )
        if self.is_file(path):
            return Target(path=path)
        if self.is_folder(path):
            return Target(path=path, is_folder=True)
        if _MAYBE_REMOTE.match(written):
            return _fetched(written)
        message = f"`{written}` is not there"
        return Target(is_missing=True, refusal=message, help="check the path, or add the file to the change")

    def _link_on_the_way(self, path: str) -> str:
        at = path
        while at:
            if self.kind_of(at) not in (None, EntryKind.FILE):
                return at
            at = parent_of(at)
        return ""


def _fetched(written: str) -> Target:
    return Target(
        refusal=f"`{written}` is fetched from elsewhere",
        help="nothing is downloaded to judge a change: keep a copy in the repository and name that",
    )
