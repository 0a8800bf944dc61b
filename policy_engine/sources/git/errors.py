"""What can go wrong between Git and a reader of it."""

from __future__ import annotations

from policy_engine.errors import InputError

GIT_FAILED = "git-failed"
GIT_MISSING = "git-missing"
NOT_A_REPOSITORY = "not-a-repository"
REVISION_UNKNOWN = "revision-unknown"
TREE_INVALID = "tree-invalid"

_MAX_WORDS = 300  # code points of what git says that a message quotes


class GitError(InputError):
    """Say that a repository, or something in it, cannot be read."""

    code = GIT_FAILED


def shown(text: str) -> str:
    """Give a name out of a repository as a message can hold it: one line, nothing that a terminal obeys."""
    return "".join(one if one.isprintable() and one != "`" else f"\\u{ord(one):04x}" for one in text)


def git_words(stderr: bytes) -> str:
    """Give the line of git's complaints that says most, as part of a message."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    if not lines:
        return "it said nothing"
    fatal = [line for line in lines if line.startswith("fatal: ")]
    words = shown((fatal or lines)[0].removeprefix("fatal: ").removeprefix("error: "))
    return words[:_MAX_WORDS].rstrip(".")
