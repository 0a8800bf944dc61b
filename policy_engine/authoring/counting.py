"""Numbers of things, in words."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """Give `1 case` or `2 cases`."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"
