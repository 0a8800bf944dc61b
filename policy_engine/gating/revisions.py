"""Which revisions a gate compares, and whose rules count."""

from __future__ import annotations

from policy_engine.errors import InputError
from policy_engine.forges.proposals import Build
from policy_engine.records import record
from policy_engine.sources.git import GitError, GitTree, Repository

INDEX = "index"
"""Stands for what is staged, where a commit's id would stand."""

_REMOTE = "refs/remotes/"
_DEEPEN_BY = 200  # commits: most branches are shorter


@record(kw_only=True)
class Revisions:
    """What is compared. Trees belong to the repository and are read while it is open.

    base, head: commit ids in full; empty for the time before the first commit, INDEX for what is staged.
    rules: whose settings and policies count: the tip that the change shall be merged into, while `base` is where
    it parted from it. So nobody gets around a new policy by starting from an old commit.
    is_stale: nobody could ask the remote whether that tip has moved since this clone was made.
    """

    base: str
    head: str
    base_tree: GitTree
    head_tree: GitTree
    rules: GitTree
    is_stale: bool = False

    @property
    def is_staged(self) -> bool:
        """Tell whether the head is no commit yet."""
        return self.head == INDEX


def find_revisions(
    repository: Repository, *, base: str, head: str, staged: bool, build: Build | None
) -> Revisions:
    """Find what is compared: what is said with options, else what the CI system says.

    base, head: revisions, empty where none is given. staged: the index is compared with HEAD.

    Raises: InputError where nobody says what to compare with; GitError where revisions are not there.
    """
    is_stale = False
    if staged:
        return _staged(repository, base or "HEAD")
    if base:
        tip, exact = base, False
        head = head or "HEAD"
    elif build is not None and build.base:
        tip, exact = build.base, build.exact_base
        head = head or build.head or "HEAD"
        is_stale = not _is_current(repository, build)
    else:
        raise InputError(_unsaid(build), help="say it with `--base`, for example `--base origin/main`")
    head_id = _fetched(repository, head, build)
    if _is_before_first(repository, tip):
        tip_id = base_id = ""
    else:
        tip_id = _fetched(repository, tip, build)
        base_id = tip_id if exact else _parting(repository, tip_id, head_id, build)
    return Revisions(
        base=base_id,
        head=head_id,
        base_tree=repository.tree(base_id),
        head_tree=repository.tree(head_id),
        rules=repository.tree(tip_id),
        is_stale=is_stale,
    )


def _is_current(repository: Repository, build: Build) -> bool:
    """Fetch the branch that a change shall be merged into, where a clone may be older than its newest policies."""
    if not build.base.startswith(_REMOTE) or not build.fetch:
        return True
    try:
        repository.deepen(build.remote, build.fetch, commits=_DEEPEN_BY)
    except GitError:
        return False
    return True


def _staged(repository: Repository, base: str) -> Revisions:
    try:
        base_id = repository.resolve(base)
    except GitError:
        if base != "HEAD":
            raise
        base_id = ""  # before the first commit
    tree = repository.tree(base_id)
    staged = repository.staged()
    return Revisions(base=base_id, head=INDEX, base_tree=tree, head_tree=staged, rules=tree)


def _is_before_first(repository: Repository, revision: str) -> bool:
    """Tell whether a revision is the parent of a commit that has none: `COMMIT^` of the very first."""
    child = revision.removesuffix("^")
    if child == revision or child.endswith("^") or repository.is_shallow:
        return False
    try:
        commits = repository.commits("", child, 1)
    except GitError:
        return False  # the revision itself will say what is wrong with it
    return bool(commits) and not commits[0].parents


def _unsaid(build: Build | None) -> str:
    if build is None:
        return "nobody says what to compare with: this is no CI system that is known"
    return f"{build.system} does not say what to compare with: `{build.event}` is no proposal to merge"


def _fetched(repository: Repository, revision: str, build: Build | None) -> str:
    """Resolve a revision, after fetching where a CI system's clone lacks it."""
    try:
        return repository.resolve(revision)
    except GitError as error:
        if build is None or not build.fetch:
            raise _told_of(error, revision, build) from None
    try:
        repository.deepen(build.remote, build.fetch, commits=_DEEPEN_BY)
        return repository.resolve(revision)
    except GitError as error:
        raise _told_of(error, revision, build) from None


def _told_of(error: GitError, revision: str, build: Build | None) -> GitError:
    """Say whose word a revision is that is not there."""
    if revision == "HEAD":
        return GitError("there is no commit yet", code=error.code, help="commit something, or give `--head`")
    if build is None or revision not in (build.base, build.head):
        return error
    names = " or ".join((*((build.system,) if build.event else ()), "POLGATE_BASE and POLGATE_HEAD"))
    return GitError(f"{error.message} (`{revision}` is named by {names})", code=error.code, help=error.help)


def _parting(repository: Repository, tip: str, head: str, build: Build | None) -> str:
    """Find where the change parted from its target; in a shallow clone by fetching more and more."""
    found = repository.merge_base(tip, head)
    commits = _DEEPEN_BY
    while found is None and repository.is_shallow:
        if build is None or not build.fetch:
            raise GitError(
                "this clone is shallow and does not hold the commit where the change began",
                help="fetch more of its history, for example with `git fetch --unshallow`",
            )
        everything = commits > _DEEPEN_BY * 8
        if not repository.deepen(build.remote, build.fetch, commits=None if everything else commits):
            break
        found = repository.merge_base(tip, head)
        commits *= 2
    return found or tip  # histories that share nothing are compared as they are
