"""A repository, opened for reading: nothing is checked out, and nothing in it runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType

from policy_engine.sources.git.commits import Commit, read_commits
from policy_engine.sources.git.discovery import Location, locate
from policy_engine.sources.git.errors import REVISION_UNKNOWN, GitError, shown
from policy_engine.sources.git.fetching import FETCH_TIMEOUT_S, fetch, is_shallow
from policy_engine.sources.git.hardening import reading_environment
from policy_engine.sources.git.listing import FileChange, compare_trees
from policy_engine.sources.git.objects import ObjectReader
from policy_engine.sources.git.program import Git, failed
from policy_engine.sources.git.search import ManifestSearch
from policy_engine.sources.git.staging import write_index
from policy_engine.sources.git.tree import GitTree

_MAX_REVISION = 1000  # code points; names of refs are paths, which have at most 4 KiB


class Repository:
    """A Git repository. `open` finds one. Not for several threads at once.

    root: the work tree's topmost folder as an absolute path, or empty for a bare repository.
    """

    def __init__(self, location: Location) -> None:
        self.root = location.root
        self._location = location
        self._caller = dict(os.environ)
        self._git = Git(location.root or location.git_dir, reading_environment(self._caller, location.git_dir))
        self._objects = ObjectReader(self._git)
        self._search = ManifestSearch(self._git, self.changes)
        self._trees: dict[str, GitTree] = {}
        self._staged: GitTree | None = None
        self._folder = ""

    @classmethod
    def open(cls, path: str = ".") -> Repository:
        """Open the repository that a path is in: a work tree, a folder inside one, or a bare repository.

        Raises: GitError: `not-a-repository`, `git-missing`.
        """
        return cls(locate(path))

    def __enter__(self) -> Repository:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what runs, and remove what was written beside the repository."""
        self._objects.close()
        if self._folder:
            import shutil

            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder, self._staged = "", None

    @property
    def is_shallow(self) -> bool:
        """Tell whether the clone's history is cut off."""
        return is_shallow(self._location)

    def resolve(self, revision: str) -> str:
        """Give the full id of the commit that a revision names.

        Raises: GitError: `revision-unknown`; `git-failed` where git cannot read the repository.
        """
        return self._id(revision, "commit")

    def tree(self, revision: str) -> GitTree:
        """Give the files of a commit, or of a tree by its id. Empty: a tree without files, as before any commit.

        Raises: GitError, as for `resolve`.
        """
        return self._tree(self._id(revision, "tree") if revision else self._objects.empty_tree)

    def staged(self) -> GitTree:
        """Give the files that would have been committed at the first call: those of the index.

        Raises: GitError, also where files are unmerged.
        """
        if self._staged is None:
            import tempfile

            self._folder = self._folder or tempfile.mkdtemp(prefix="polgate-index-")
            tree_id = write_index(self._location, self._git, self._caller, self._folder)
            self._objects.close()  # they do not know where the new trees are
            self._staged = self._tree(tree_id or self._objects.empty_tree)
        return self._staged

    def merge_base(self, one: str, other: str) -> str | None:
        """Give the commit where two histories part, or None where the clone holds none.

        Raises: GitError, as for `resolve`.
        """
        done = self._git.run("merge-base", self.resolve(one), self.resolve(other))
        if done.status == 1:
            return None
        if done.status:
            raise failed("merge-base", done)
        return done.stdout.decode().split()[0]

    def changes(self, base: str, head: str) -> tuple[FileChange, ...]:
        """List the files that differ between two trees, by path. base, head: ids of trees.

        Raises: GitError.
        """
        changes = compare_trees(base, head, self._git, self._objects)
        self._tree(base).learn(change.old for change in changes if change.old is not None)
        self._tree(head).learn(change.new for change in changes if change.new is not None)
        return changes

    def commits(self, base: str, head: str, limit: int) -> tuple[Commit, ...]:
        """Read the newest commits that head has and base has not, newest first. base: empty for all of head's.

        Raises: GitError, as for `resolve`.
        """
        base_id = self.resolve(base) if base else ""
        return read_commits(base_id, self.resolve(head), limit, self._git, self._objects)

    def deepen(
        self,
        remote: str,
        refs: Sequence[str] = (),
        *,
        commits: int | None = None,
        timeout_s: float = FETCH_TIMEOUT_S,
    ) -> bool:
        """Fetch more history, and tell whether anything came. This, and nothing else here, uses the network.

        refs: branches, tags or commits to fetch too, or `SOURCE:refs/remotes/...`. commits: how many more of a
        shallow history, or None for all. A complete clone fetches only what `refs` name.
        Raises: GitError.
        """
        try:
            return fetch(
                self._location,
                self._git,
                self._caller,
                remote,
                refs,
                commits=commits,
                timeout_s=timeout_s,
            )
        finally:
            self._objects.close()  # they know where history ended before

    def _tree(self, tree_id: str) -> GitTree:
        tree = self._trees.get(tree_id)
        if tree is None:
            tree = self._trees[tree_id] = GitTree(tree_id, self._git, self._objects, self._search)
        return tree

    def _id(self, revision: str, kind: str) -> str:
        # git reads names from its standard input, where there are no options; still, a name like one is none.
        is_name = revision and revision.isprintable() and not revision.startswith("-")
        if is_name and len(revision) <= _MAX_REVISION:
            found = next(self._objects.describe((f"{revision}^{{{kind}}}",)))
            if found is not None and found.type == kind:
                return found.id
        help = "fetch it first, for example with `git fetch origin`"
        if self.is_shallow:
            help = "this clone is shallow: fetch more of its history, for example with `git fetch --unshallow`"
        raise GitError(f"`{shown(revision)}` is no revision in this clone", code=REVISION_UNKNOWN, help=help)
