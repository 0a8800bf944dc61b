"""Strings as Go has them: bytes of UTF-8, and its own idea of what white space is."""

from __future__ import annotations

from typing import Final

# unicode.IsSpace, by which strings.TrimSpace goes. Python would also take \x1c to \x1f.
_WHITE_SPACE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)


def encode(text: str) -> bytes:
    """Give the bytes of a string; half a character (a lone surrogate, which JSON can spell) gives some too."""
    return text.encode("utf-8", "surrogatepass")


def size_bytes(text: str) -> int:
    """Give the length of a string in UTF-8, which is what Go's len() counts."""
    return len(text) if text.isascii() else len(encode(text))


def trim_space(text: str) -> str:
    """Take white space from both ends, as Go's strings.TrimSpace does."""
    return text.strip(_WHITE_SPACE)
