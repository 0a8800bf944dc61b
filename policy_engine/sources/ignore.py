"""What `.gitignore` files leave out, read as git reads them. pathspec is imported when there is such a file."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_FILE = ".gitignore"
_MAX_BYTES = 1024 * 1024  # real ones have some KiB


class IgnoreRules:
    """The rules that hold in one directory: its own, and those of the directories above it.

    Rules of a directory nearer to a file win over those farther up, as in git.
    """

    __slots__ = ("_directory", "_outer", "_spec")

    def __init__(self, directory: str, outer: IgnoreRules | None, spec: GitIgnoreSpec | None) -> None:
        self._directory = directory
        self._outer = outer
        self._spec = spec

    @classmethod
    def above(cls, directory: str) -> IgnoreRules | None:
        """Give the rules that a repository's outer directories lay down for a directory inside it.

        None where the directory is in no repository, or where the directory is its root.
        """
        directory = os.path.realpath(directory)
        outer = []
        current = directory
        while not os.path.exists(os.path.join(current, ".git")):
            parent = os.path.dirname(current)
            if parent == current:
                return None
            outer.append(parent)
            current = parent
        rules: IgnoreRules | None = None
        for folder in reversed(outer):
            rules = cls.inside(folder, rules)
        return rules

    @classmethod
    def inside(cls, directory: str, outer: IgnoreRules | None) -> IgnoreRules | None:
        """Give the rules for a directory's entries: those from outside, and its own file's where it has one.

        directory: without symbolic links.
        """
        try:
            with open(os.path.join(directory, _FILE), "rb") as file:
                lines = file.read(_MAX_BYTES).decode("utf-8", "replace").splitlines()
        except OSError:
            return outer
        from pathspec import GitIgnoreSpec

        return cls(directory, outer, GitIgnoreSpec.from_lines(lines))

    def leaves_out(self, path: str, *, is_directory: bool) -> bool:
        """Tell whether a path is ignored. path: below the rules' directories, without symbolic links."""
        rules: IgnoreRules | None = self
        while rules is not None:
            if rules._spec is not None:
                relative = path[len(rules._directory) :].lstrip(os.sep).replace(os.sep, "/")
                verdict = rules._spec.check_file(relative + "/" if is_directory else relative).include
                if verdict is not None:
                    return verdict
            rules = rules._outer
        return False
