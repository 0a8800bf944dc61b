"""More history for a shallow clone: the one thing here that reaches the network, and only when asked to."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence

from policy_engine.sources.git.discovery import Location
from policy_engine.sources.git.errors import GitError, shown
from policy_engine.sources.git.hardening import fetching_environment
from policy_engine.sources.git.program import Git, failed

FETCH_TIMEOUT_S = 300.0

# `SOURCE` or `SOURCE:refs/remotes/...`: no branch or tag of the clone is moved.
_REF = re.compile(r"\+?[^-+:\s][^:\s]*(:refs/remotes/[^:\s]+)?")
_OPTIONS = (
    "--quiet",
    "--no-tags",
    "--no-prune",
    "--no-recurse-submodules",
    "--no-auto-gc",
    "--no-write-fetch-head",
)


def fetch(
    location: Location,
    reader: Git,
    caller: Mapping[str, str],
    remote: str,
    refs: Sequence[str],
    *,
    commits: int | None,
    timeout_s: float,
) -> bool:
    """Fetch, and tell whether anything came. The parameters are those of `Repository.deepen`."""
    if not location.root:
        raise GitError(
            "the history of a bare repository is not fetched here",
            help="fetch it before, for example with `git fetch --unshallow`",
        )
    if not remote or remote.startswith("-") or not remote.isprintable():
        raise GitError(f"`{shown(remote)}` is no name of a remote")
    for ref in refs:
        if not _REF.fullmatch(ref):
            raise GitError(f"`{shown(ref)}` is nothing to fetch", help="name a branch, a tag or a commit")
    depth = []
    if is_shallow(location):
        depth = ["--unshallow"] if commits is None else [f"--deepen={commits}"]
    elif not refs:
        return False
    before = _state(location, reader)
    git = Git(location.root, fetching_environment(caller))
    done = git.run("fetch", *_OPTIONS, *depth, "--", remote, *refs, timeout_s=timeout_s)
    if done.status:
        error = failed("fetch", done)
        error.help = (
            "let the job fetch the history itself: `fetch-depth: 0` in GitHub Actions, `GIT_DEPTH: 0` in GitLab"
        )
        raise error
    return _state(location, reader) != before


def is_shallow(location: Location) -> bool:
    """Tell whether history is cut off. Source: gitrepository-layout(5), `shallow`."""
    try:
        return os.path.getsize(os.path.join(location.common_dir, "shallow")) > 0
    except OSError:
        return False


def _state(location: Location, reader: Git) -> tuple[bytes, bytes, frozenset[str]]:
    """Give what a fetch changes when something comes: where history ends, remote branches, packs of objects."""
    try:
        with open(os.path.join(location.common_dir, "shallow"), "rb") as file:
            shallow = file.read()
    except OSError:
        shallow = b""
    packs = frozenset(os.listdir(os.path.join(location.common_dir, "objects", "pack")))
    return shallow, reader.output("for-each-ref", "refs/remotes/"), packs
