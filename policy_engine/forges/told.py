"""What a CI system tells, checked before anything else sees it: commits, branches, numbers, texts."""

from __future__ import annotations

import re

from policy_engine.errors import InputError

MAX_SHOWN = 80  # characters of a refused value in its error message

_COMMIT = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")  # SHA-1, SHA-256
_NUMBER = re.compile(r"[0-9]{1,18}\Z", re.ASCII)
# What no branch is called. Source: git-check-ref-format(1), rules 1 and 3 to 10.
_NO_BRANCH = re.compile(r"[\0-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|^[./]|[./]\Z|\.lock(?:/|\Z)")


def commit_id(value: str, source: str) -> str:
    """Check a commit's whole id. Zeros, for what is not there, read as empty. source: what says so, for the error.

    Raises: InputError where it is something else, which Git might take for an option or another revision.
    """
    if not value.strip("0"):
        return ""
    if not _COMMIT.match(value):
        raise InputError(f"{source}: expected the id of a commit, found `{shown(value)}`")
    return value


def branch(value: str, source: str) -> str:
    """Check a branch's name, without `refs/heads/`; empty stays empty.

    Raises: InputError where Git allows no such branch.
    """
    if _NO_BRANCH.search(value):
        raise InputError(f"{source}: expected the name of a branch, found `{shown(value)}`")
    return value


def tracking(name: str) -> str:
    """Give the revision by which a clone knows a branch of its remote. name: checked."""
    return f"refs/remotes/origin/{name}"


def tracking_refspec(name: str) -> str:
    """Give what to fetch so that `tracking` is there. name: checked."""
    return f"+refs/heads/{name}:{tracking(name)}"


def present(*wanted: str) -> tuple[str, ...]:
    """Give those that are not empty."""
    return tuple(filter(None, wanted))


def number(value: str) -> int | None:
    """Read a number that the system gave; None where it is none."""
    return int(value) if _NUMBER.match(value) else None


def flag(value: str | None) -> bool | None:
    """Read `true` or `false`; None for everything else."""
    return {"true": True, "false": False}.get(value or "")


def text(value: str) -> str:
    """Give a text that can be written as UTF-8: bytes that were none become replacement characters."""
    return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def shown(value: str) -> str:
    """Give a refused value as an error message can show it."""
    safe = "".join(char if char.isprintable() and char != "`" else "?" for char in value[:MAX_SHOWN])
    return safe + "…" * (len(value) > MAX_SHOWN)
