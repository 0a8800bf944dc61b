"""Text from files and policies made safe for a terminal: nothing in it may be obeyed."""

from __future__ import annotations


def printable(text: str) -> str:
    """Show control characters and direction marks instead of sending them; a tab becomes a space."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else " " if char == "\t" else repr(char)[1:-1] for char in text)


def width(text: str) -> int:
    """Give how many columns a text takes on a terminal. text: printable."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(char) else 2 if east_asian_width(char) in "WF" else 1 for char in text)
