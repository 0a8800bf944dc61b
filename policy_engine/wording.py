"""Small parts of sentences that every layer puts together alike."""

from __future__ import annotations

from collections.abc import Sequence

_MAX_NAMES = 5


def counted(count: int, noun: str, plural: str = "") -> str:
    """Give `1 case` or `2 cases`. plural: where an `s` is not enough."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def listed(names: Sequence[str]) -> str:
    """Give the first names, and how many more there are: `a`, `b` and 3 more."""
    shown = ", ".join(f"`{name}`" for name in names[:_MAX_NAMES])
    more = len(names) - _MAX_NAMES
    return f"{shown} and {more} more" if more > 0 else shown


def object_words(kind: str, namespace: str, name: str) -> str:
    """Name an object, such as `Deployment shop/web`."""
    full = f"{namespace}/{name}" if namespace else name
    return f"{kind} {full or '(without a name)'}"
