"""Small parts of sentences that every layer puts together alike."""

from __future__ import annotations


def counted(count: int, noun: str, plural: str = "") -> str:
    """Give `1 case` or `2 cases`. plural: where an `s` is not enough."""
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


def object_words(kind: str, namespace: str, name: str) -> str:
    """Name an object, such as `Deployment shop/web`."""
    full = f"{namespace}/{name}" if namespace else name
    return f"{kind} {full or '(without a name)'}"
