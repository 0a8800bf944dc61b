"""Which of several paths count, and what they have in common."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.field_paths import FieldPath

# What guards of expressions ask for, and what an object is hardly ever denied for.
_GUARDS: frozenset[FieldPath] = frozenset({("kind",), ("apiVersion",)})


def one_path(paths: Iterable[FieldPath]) -> FieldPath:
    """Give the path that several lead to, or what holds them all. Paths on the way to others do not count."""
    return _common(farthest(paths))


def farthest(paths: Iterable[FieldPath]) -> list[FieldPath]:
    """Leave out paths on the way to others, and those that only guards ask for."""
    found = set(paths)
    found = found - _GUARDS or found
    return [path for path in found if not any(is_inside(other, path) for other in found)]


def is_inside(path: FieldPath, outer: FieldPath) -> bool:
    """Tell whether a path leads farther than another that it begins with."""
    return len(path) > len(outer) and path[: len(outer)] == outer


def _common(paths: Iterable[FieldPath]) -> FieldPath:
    common: FieldPath | None = None
    for path in paths:
        if common is None:
            common = path
            continue
        same = 0
        while same < min(len(common), len(path)) and common[same] == path[same]:
            same += 1
        common = common[:same]
    return common or ()
