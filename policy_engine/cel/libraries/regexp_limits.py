"""What Go's limits on regular expressions look at: size, nesting, and repetitions of repetitions.

Source: Go 1.26 regexp/syntax/parse.go, `checkLimits` and `repeatIsValid`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from policy_engine.cel.libraries.regexp_error import RegexpError

MAX_REPEAT: Final = 1000
MAX_HEIGHT: Final = 1000
MAX_SIZE: Final = (128 << 20) // 40  # Go's instructions are 40 bytes, and it grants a program 128 MiB


class Shape(NamedTuple):
    """What Go's limits look at. `repeats`: the largest product of nested repetition counts."""

    size: int
    height: int
    repeats: int
    is_literal: bool = False


class Group:
    """An open parenthesis, or the whole pattern: flags to restore, finished branches, the one being read."""

    __slots__ = ("branch", "branches", "captures", "flags")

    def __init__(self, flags: frozenset[str], captures: bool) -> None:
        self.flags = flags
        self.captures = captures
        self.branches: list[Shape] = []
        self.branch: list[Shape] = []

    def end_branch(self) -> None:
        """Close the branch being read."""
        joined: list[Shape] = []
        for shape in self.branch:
            if shape.is_literal and joined and joined[-1].is_literal:
                joined[-1] = joined[-1]._replace(size=joined[-1].size + shape.size)
            else:
                joined.append(shape)
        self.branches.append(combine(joined, 0))
        self.branch = []


def combine(shapes: list[Shape], extra: int) -> Shape:
    """Give the shape of a sequence, or of alternatives. extra: what it takes beyond its parts."""
    if not shapes:
        return Shape(1, 1, 1)
    if len(shapes) == 1:
        return shapes[0]
    size = sum(shape.size for shape in shapes) + extra
    return Shape(size, 1 + max(s.height for s in shapes), max(s.repeats for s in shapes))


def repeated(shape: Shape, low: int, high: int, is_counted: bool) -> Shape:
    """Give the shape of a repetition. high: -1 for any number. is_counted: written with numbers."""
    height = shape.height + 1
    if not is_counted:
        return Shape(shape.size + (2 if (low, high) == (0, -1) else 1), height, shape.repeats)
    if high < 0:
        size = 2 + shape.size if low == 0 else 1 + low * shape.size
    else:
        size = max(1, high * shape.size + high - low)
    # A group repeated zero times is not looked into.
    repeats = 1 if high == 0 else shape.repeats * max(1, low if high < 0 else high)
    return Shape(size, height, repeats)


def check_limits(shape: Shape, pattern: str) -> None:
    """Raise RegexpError for a part that is too large, or too deep."""
    if shape.size > MAX_SIZE:
        raise RegexpError("expression too large", pattern)
    if shape.height > MAX_HEIGHT:
        raise RegexpError("expression nests too deeply", pattern)
