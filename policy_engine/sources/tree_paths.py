"""Which paths of a tree may be joined to a folder: a tree object can name anything."""

from __future__ import annotations

from collections.abc import Collection

# What git itself refuses to check out (verify_path in its read-cache.c), `.git` in any case included: a program
# that finds such a folder takes its settings, hooks and all, for the repository's own.
_NO_NAMES = frozenset(("", ".", "..", ".git", "git~1"))
_NO_PARTS = tuple(f"/{name}/" for name in sorted(_NO_NAMES))


def leads_out(path: str) -> bool:
    """Tell whether a path is absolute, leaves the folder it is joined to, or reaches into a `.git` folder."""
    return "\0" in path or not _NO_NAMES.isdisjoint(path.lower().split("/"))


def first_leading_out(paths: Collection[str]) -> str | None:
    """Give the first of many paths that leads out, or None: in a tenth of the time that asking for each takes.

    paths: without NUL, as git gives them.
    """
    together = "/" + "/\0/".join(paths).lower() + "/"
    if paths and any(part in together for part in _NO_PARTS):
        return next(filter(leads_out, paths), None)
    return None
