"""Percent-encoding in the parts of a URL, with Go's idea of what each part may contain.

Source: Go 1.26 net/url/url.go, `escape` and `unescape`, and encoding_table.go.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from policy_engine.cel.libraries.go_quote import quote

_ALNUM: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_HEX: Final = frozenset(b"0123456789abcdefABCDEF")
_ESCAPE: Final = rb"%([0-9a-fA-F]{2})"


class Part(Enum):
    """A part of a URL, with the bytes that stand for themselves in it."""

    PATH = _ALNUM + b"$&+,-./:;=@_~"
    HOST = _ALNUM + b"!\"$&'()*+,-.:;<=>[]_~"
    ZONE = _ALNUM + b"!\"$&'()*+,-.:;<=>[]_~ "  # differs from a host in what may be escaped: also a space
    USER = _ALNUM + b"$&+,-.;=_~"
    QUERY = _ALNUM + b"-._~"
    FRAGMENT = _ALNUM + b"!$&()*+,-./:;=?@_~"


class UrlError(ValueError):
    """Refuse a URL; worded as Go words it."""


_ALLOWED: Final = {part: frozenset(part.value) for part in Part}
_HOST_BYTES: Final = _ALLOWED[Part.HOST]
_ENCODED: Final = {
    part: tuple(bytes([code]) if code in allowed else b"%%%02X" % code for code in range(256))
    for part, allowed in _ALLOWED.items()
}
# What is left alone in an encoded path or fragment although it is not written there when encoding anew.
_TOLERATED: Final = frozenset(b"!$&'()*+,;=:@[]%")


def escape(text: bytes, part: Part) -> bytes:
    """Encode what may not stand in a part of a URL. Not for queries, where a space has its own form."""
    encoded = _ENCODED[part]
    return b"".join([encoded[code] for code in text])


def unescape(text: bytes, part: Part) -> bytes:
    """Decode a part of a URL.

    Raises UrlError for a malformed escape, or for what may not be written in a host.
    """
    is_host = part is Part.HOST or part is Part.ZONE
    at = 0
    if is_host or b"%" in text:
        while at < len(text):
            code = text[at]
            if code == 0x25:
                _check_escape(text, at, part)
                at += 3
                continue
            if is_host and code < 0x80 and code not in _HOST_BYTES:
                raise UrlError(f"invalid character {quote(chr(code))} in host name")
            at += 1
    if part is Part.QUERY:
        text = text.replace(b"+", b" ")
    if b"%" not in text:
        return text
    return re.sub(_ESCAPE, lambda match: bytes([int(match.group(1), 16)]), text)


def _check_escape(text: bytes, at: int, part: Part) -> None:
    escaped = text[at : at + 3]
    if len(escaped) == 3 and escaped[1] in _HEX and escaped[2] in _HEX:
        if escaped == b"%25" or part not in (Part.HOST, Part.ZONE):
            return
        code = int(escaped[1:], 16)
        # In a host only bytes beyond ASCII may be escaped; in a zone also what needs no escape there.
        if code >= 0x80 if part is Part.HOST else code in _ALLOWED[Part.ZONE]:
            return
    raise UrlError(f"invalid URL escape {quote(to_text(escaped))}")


def is_valid_encoded(text: bytes, part: Part) -> bool:
    """Tell whether an encoded path or fragment has nothing in it that would need an escape."""
    allowed = _ALLOWED[part]
    return all(code in allowed or code in _TOLERATED for code in text)


def to_text(encoded: bytes) -> str:
    """Decode bytes for an error message; what is no UTF-8 stays recognisable to `quote`."""
    return encoded.decode("utf-8", "surrogateescape")
