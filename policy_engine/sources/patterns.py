"""Patterns of paths, read as `.gitignore` reads them. pathspec is imported when there are some."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from policy_engine.errors import InputError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


class Patterns:
    """Patterns in their order: the last one that fits a path decides, and `!` before one takes paths out again.

    Unlike in git, which never looks into a folder that is ignored, `!` takes files out of such a folder too.

    Raises: InputError where one cannot be read, or fits no path at all.
    """

    __slots__ = ("_spec",)

    def __init__(self, lines: Iterable[str]) -> None:
        lines = tuple(lines)
        for line in lines:
            _check(line)
        self._spec = _read(lines) if lines else None

    def matches(self, path: str) -> bool:
        """Tell whether a path fits, or lies in a folder that does. path: of a file, from the root, with `/`."""
        if self._spec is None:
            return False
        if not path.isascii():  # Git keeps names that are no text, and such a byte fits what any character fits
            path = path.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return self._spec.match_file(path)


def _check(line: str) -> None:
    """Refuse a pattern that cannot be read, or fits no path."""
    if ".." in line.split("/"):
        raise InputError(f"`{line}` fits no path", help="patterns begin at the root of the repository")
    spec = _read([line])
    if [pattern.include is None for pattern in spec.patterns] != [False]:
        raise InputError(
            f"`{line}` fits no path",
            help="an empty line, a comment and an unclosed `[` are allowed in `.gitignore`, but not here",
        )


def _read(lines: Sequence[str]) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Python warns of sets in sets, which it does not read as git does
            return GitIgnoreSpec.from_lines(lines)
    except Exception:  # pathspec passes on whatever the engine of regular expressions raises that it has found
        raise InputError(
            f"`{lines[0]}` is no pattern" if len(lines) == 1 else "too many patterns, or too long ones",
            help="patterns are written as in `.gitignore`: `*.yaml`, `apps/`, `!vendor/`",
        ) from None
