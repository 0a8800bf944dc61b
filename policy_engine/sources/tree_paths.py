"""Which paths of a tree may be joined to a folder: a tree object can name anything."""

from __future__ import annotations

# What git itself refuses to check out (verify_path in its read-cache.c), `.git` in any case included: a program
# that finds such a folder takes its settings, hooks and all, for the repository's own.
_NO_NAMES = frozenset(("", ".", "..", ".git", "git~1"))


def leads_out(path: str) -> bool:
    """Tell whether a path is absolute, leaves the folder it is joined to, or reaches into a `.git` folder."""
    return "\0" in path or not _NO_NAMES.isdisjoint(path.lower().split("/"))
