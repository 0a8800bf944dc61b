"""Files that contain a word, found by `git grep`; in a second revision, only among the files that differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from policy_engine.sources.document import Broken
from policy_engine.sources.git.listing import FileChange
from policy_engine.sources.git.program import Git, memory_limit
from policy_engine.sources.limits import DEFAULT_LIMITS
from policy_engine.sources.trees import EntryKind, Tree
from policy_engine.sources.walk import EXTENSIONS

# Source: git-lfs docs/spec.md: a pointer is a small text file that begins with its version.
LFS_MARK = b"version https://git-lfs.github.com/spec/"
# What cannot be searched for words is found too, so that whoever reads it meets it: UTF-16, and what LFS keeps.
_UNSEARCHABLE = (b"\xff\xfe", b"\xfe\xff", LFS_MARK)

_OPTIONS = (
    "--files-with-matches",
    "--null",
    "--fixed-strings",
    "--text",
    "--no-textconv",
    "--no-color",
    "--full-name",
    "--no-recurse-submodules",
    "--threads=1",  # objects are unpacked by one thread at a time: two take half as long again
)
_MEMORY = memory_limit(DEFAULT_LIMITS.file_bytes)  # git grep reads a file of any size whole
# Source: execve(2): one argument takes at most 128 KiB, and all of them, with the environment, a quarter of the
# stack, which is 2 MiB where nobody says otherwise. `-e` and the pointers to both count too.
_MAX_ARGUMENT_BYTES = 64 * 1024
_MAX_ARGUMENTS_BYTES = 512 * 1024
_PER_ARGUMENT_BYTES = 32
_MAX_FOLDERS = 200  # as arguments; past it everything is searched, and what lies elsewhere dropped
_MAX_CHANGED = 500  # files read one by one in less time than 10,000 are searched


class ManifestSearch:
    """Searches trees, and remembers for each set of words what it found last.

    compare: gives what differs between two trees, by their ids.
    """

    def __init__(self, git: Git, compare: Callable[[str, str], Sequence[FileChange]]) -> None:
        self._git = git
        self._compare = compare
        self._last: dict[tuple[frozenset[str], frozenset[str]], tuple[str, list[str]]] = {}

    def find(self, tree: Tree, words: Collection[str], under: Collection[str]) -> list[str]:
        """Find the manifests in which any of the words is, or may be, in the order of paths.

        Raises: GitError.
        """
        if not words:
            return []
        folders = frozenset(folder.strip("/") for folder in under)
        if not folders.isdisjoint(("", ".")):
            folders = frozenset()
        key = frozenset(words), folders
        needles = [*(word.encode("utf-8", "surrogateescape") for word in sorted(key[0])), *_UNSEARCHABLE]
        found = self._from_last(tree, needles, key)
        if found is None:
            found = self._everywhere(tree, needles, folders)
        self._last[key] = tree.id, found
        return list(found)

    def _from_last(
        self, tree: Tree, needles: Sequence[bytes], key: tuple[frozenset[str], frozenset[str]]
    ) -> list[str] | None:
        """Keep what was found in the last tree, but for the files that differ: those are read."""
        if key not in self._last:
            return None
        last_id, last = self._last[key]
        changes = self._compare(last_id, tree.id)
        if len(changes) > _MAX_CHANGED:
            return None
        changed = {change.path for change in changes}
        there = (one.path for one in changes if one.new is not None and one.new.kind is EntryKind.FILE)
        kept = (path for path in last if path not in changed)
        return sorted([*kept, *_holding(tree, _manifests(there, key[1]), needles)])

    def _everywhere(self, tree: Tree, needles: Sequence[bytes], folders: frozenset[str]) -> list[str]:
        found = self._grep(tree, needles, folders) if all(map(_is_argument, needles)) else None
        if found is None:
            found = {path for path, entry in tree.entries().items() if entry.kind is EntryKind.FILE}
            found = set(_holding(tree, _manifests(found, folders), needles))
        return sorted(found)

    def _grep(self, tree: Tree, needles: Sequence[bytes], folders: frozenset[str]) -> set[str] | None:
        """Search with git; None where it complains of a file that is missing or too large: it left that out."""
        found: set[str] = set()
        for some in _batched(needles):
            patterns = [part for needle in some for part in (b"-e", needle)]
            arguments: list[str | bytes] = [*_OPTIONS, *patterns, tree.id, "--", *_pathspecs(folders)]
            done = self._git.run("grep", *arguments, environment=_MEMORY)
            if done.status not in (0, 1) or done.stderr:
                return None
            names = done.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
            found.update(_manifests((name.removeprefix(tree.id + ":") for name in names), folders))
        return found


def _is_argument(needle: bytes) -> bool:
    """Tell whether git can be given a word: to `-e` a line break ends a pattern, and nothing is behind a NUL."""
    return b"\n" not in needle and b"\0" not in needle and len(needle) <= _MAX_ARGUMENT_BYTES


def _batched(needles: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Give as many words at once as a command line takes."""
    batch: list[bytes] = []
    size = 0
    for needle in needles:
        if batch and size + len(needle) + _PER_ARGUMENT_BYTES > _MAX_ARGUMENTS_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(needle)
        size += len(needle) + _PER_ARGUMENT_BYTES
    if batch:
        yield batch


def _pathspecs(folders: frozenset[str]) -> list[str]:
    if not folders or len(folders) > _MAX_FOLDERS:
        return [f"*{extension}" for extension in EXTENSIONS]
    quoted = ("".join("\\" + one if one in "*?[\\" else one for one in folder) for folder in sorted(folders))
    return [f":(glob){folder}/**/*{extension}" for folder in quoted for extension in EXTENSIONS]


def _manifests(paths: Iterable[str], folders: frozenset[str]) -> Iterator[str]:
    starts = tuple(folder + "/" for folder in folders)
    return (path for path in paths if path.endswith(EXTENSIONS) and (not starts or path.startswith(starts)))


def _holding(tree: Tree, paths: Iterable[str], needles: Sequence[bytes]) -> Iterator[str]:
    for path, content in tree.read_many(paths, DEFAULT_LIMITS):
        if isinstance(content, Broken) or any(needle in content for needle in needles):
            yield path
