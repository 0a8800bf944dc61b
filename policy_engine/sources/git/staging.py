"""The index as a tree: what would be committed now. Nothing is written into the repository."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress

from policy_engine.sources.git.discovery import Location, locate
from policy_engine.sources.git.errors import GitError, shown
from policy_engine.sources.git.program import Git, failed

_UNMERGED = re.compile(rb"^(.*): unmerged \([0-9a-f]+\)$", re.MULTILINE)


def write_index(location: Location, git: Git, caller: Mapping[str, str], folder: str) -> str | None:
    """Make trees of a copy of the index, and give the id of the topmost. None: there is no index yet.

    folder: an empty one, where the copy and the new trees go; git is told to look for objects there too.
    Raises: GitError.
    """
    import shutil

    index, objects = os.path.join(folder, "index"), os.path.join(folder, "objects")
    try:
        os.mkdir(objects)
        shutil.copyfile(_index(location, caller), index)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise GitError(f"the index cannot be read: {(error.strerror or str(error)).lower()}") from None
    stored = git.environment.get("GIT_OBJECT_DIRECTORY", os.path.join(location.common_dir, "objects"))
    others = git.environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES")
    done = git.run(
        "write-tree",
        "--missing-ok",  # a blob that a partial clone lacks is told of when it is read
        environment={
            "GIT_INDEX_FILE": index,
            "GIT_OBJECT_DIRECTORY": objects,
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": _joined(_quoted(stored), others),
        },
    )
    unmerged = _UNMERGED.search(done.stderr)
    if unmerged is not None:
        path = unmerged[1].decode("utf-8", "surrogateescape")
        raise GitError(
            f"the index has unmerged files, such as `{shown(path)}`", help="resolve the conflicts first"
        )
    if done.status:
        raise failed("write-tree", done)
    git.environment["GIT_ALTERNATE_OBJECT_DIRECTORIES"] = _joined(_quoted(objects), others)
    return done.stdout.decode().strip()


def _index(location: Location, caller: Mapping[str, str]) -> str:
    """Give the index that is about to be committed: `git commit -a` names another to its hooks."""
    named = caller.get("GIT_INDEX_FILE")
    if named and location.root:
        with suppress(GitError):
            if locate(os.curdir) == location:  # the caller may be a hook of another repository
                return os.path.join(location.root, named)
    return os.path.join(location.git_dir, "index")


def _quoted(folder: str) -> str:
    """Write a folder into a list that colons divide. Source: git(1), GIT_ALTERNATE_OBJECT_DIRECTORIES."""
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _joined(first: str, others: str | None) -> str:
    return f"{first}{os.pathsep}{others}" if others else first
