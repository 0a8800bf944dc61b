"""What is in a tree, and what differs between two: from `git ls-tree` and `git diff-tree`."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator, Mapping

from policy_engine.records import record
from policy_engine.sources.git.errors import TREE_INVALID, GitError, shown
from policy_engine.sources.git.objects import ObjectReader
from policy_engine.sources.git.program import Git, memory_limit
from policy_engine.sources.tree_paths import first_leading_out
from policy_engine.sources.trees import EntryKind, TreeEntry

_COMPARING = (
    "-r",
    "-z",
    "--raw",
    "--no-abbrev",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=none",
)
# git diff-tree lists all before it says anything: a million files, at eight bytes, and some 200 MB for the rest.
_MEMORY = memory_limit(8 * 1024 * 1024)
_FEW = 64  # entries are measured one by one up to here, and then all at once


@record(kw_only=True)
class FileChange:
    """A path that two trees do not have alike. old, new: None where it is not there."""

    path: str
    old: TreeEntry | None
    new: TreeEntry | None


@record
class _Node:
    """A path as git tells of it."""

    mode: str
    id: str


class Listing(Mapping[str, TreeEntry]):
    """The entries of a tree by path. Most are only looked over: each is made, and measured, when it is wanted."""

    def __init__(self, found: dict[str, str], objects: ObjectReader) -> None:
        self._found = found  # to `MODE TYPE ID`
        self._objects = objects
        self._made: dict[str, TreeEntry] = {}

    def __getitem__(self, path: str) -> TreeEntry:
        entry = self._made.get(path)
        if entry is None:
            wanted = {path: self._found[path]} if len(self._made) < _FEW else self._found
            nodes = {path: _node(words) for path, words in wanted.items()}
            sizes = _sizes(nodes.values(), self._objects)
            self._made.update((path, _entry(path, node, sizes)) for path, node in nodes.items())
            entry = self._made[path]
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def __contains__(self, path: object) -> bool:
        return path in self._found


def list_tree(tree_id: str, git: Git, objects: ObjectReader) -> Listing:
    """List all files of a tree.

    Raises: GitError, also for paths that no one could check out.
    """
    records = _records(git.output("ls-tree", "-r", "-z", "--full-tree", tree_id))
    found = {}
    for one in records:
        words, _, path = one.partition("\t")
        found[path] = words
    _check(found, len(records))
    return Listing(dict(sorted(found.items())), objects)


def compare_trees(old_id: str, new_id: str, git: Git, objects: ObjectReader) -> tuple[FileChange, ...]:
    """List the paths that differ, in their order. A moved file is two of them.

    Raises: GitError, also for paths that no one could check out.
    """
    if old_id == new_id:
        return ()
    records = _records(git.output("diff-tree", *_COMPARING, old_id, new_id, environment=_MEMORY))
    found: dict[str, tuple[_Node, _Node]] = {}
    for words, path in zip(records[::2], records[1::2], strict=True):
        old_mode, new_mode, old, new, _status = words.removeprefix(":").split(" ")
        found[path] = (_Node(old_mode, old), _Node(new_mode, new))
    _check(found, len(records) // 2)
    sizes = _sizes((node for pair in found.values() for node in pair), objects)
    return tuple(
        FileChange(path=path, old=_entry_or_none(path, old, sizes), new=_entry_or_none(path, new, sizes))
        for path, (old, new) in sorted(found.items())
    )


def _node(words: str) -> _Node:
    mode, _type, id = words.split(" ")
    return _Node(mode, id)


def _records(output: bytes) -> list[str]:
    return output.decode("utf-8", "surrogateescape").split("\0")[:-1]


def _check(found: Mapping[str, object], count: int) -> None:
    """Refuse what a crafted tree object can say: no git checks it out, and a forge that looks does not take it."""
    path = first_leading_out(found)
    if path is not None:
        raise GitError(f"the revision holds a file at `{shown(path)}`, where none can be", code=TREE_INVALID)
    if len(found) != count:
        raise GitError("the revision holds two files at one path", code=TREE_INVALID)


def _sizes(nodes: Iterable[_Node], objects: ObjectReader) -> dict[str, int]:
    """Measure files and links; what is missing, damaged or no content at all has no size."""
    ids = list({node.id: None for node in nodes if _kind(node) is not EntryKind.SUBMODULE})
    described = zip(ids, objects.describe(ids), strict=True)
    return {id: info.size_bytes for id, info in described if info is not None and info.type == "blob"}


def _kind(node: _Node) -> EntryKind:
    # Source: git object.h, object_type(mode): whatever is neither file, link nor directory is a submodule.
    kind = stat.S_IFMT(int(node.mode, 8))
    if kind == stat.S_IFREG:
        return EntryKind.FILE
    return EntryKind.LINK if kind == stat.S_IFLNK else EntryKind.SUBMODULE


def _entry(path: str, node: _Node, sizes: Mapping[str, int]) -> TreeEntry:
    return TreeEntry(path=path, kind=_kind(node), id=node.id, size_bytes=sizes.get(node.id))


def _entry_or_none(path: str, node: _Node, sizes: Mapping[str, int]) -> TreeEntry | None:
    return None if node.mode == "000000" else _entry(path, node, sizes)
