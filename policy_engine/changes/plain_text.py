"""Text from repositories and forges as JSON can hold it."""

from __future__ import annotations


def plain_text(text: str) -> str:
    r"""Give a text with escapes for what is no character: bytes of a path that are not UTF-8 become `\udcff`."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
