"""Turn the text of a literal into its value."""

from __future__ import annotations

import re
from math import isinf
from typing import Final

from policy_engine.cel.values.numbers import INT_MAX, INT_MIN, UINT_MAX, UInt

# Longer ones are out of range anyway, and Python refuses to convert numbers of thousands of digits.
_MAX_DIGITS: Final = 400


class LiteralError(Exception):
    """Refuse a literal that the grammar takes but that has no value."""


def parse_int(text: str, *, negative: bool) -> int:
    """Read a decimal or `0x` integer. Raises LiteralError outside 64 bits."""
    value = _digits(text, "invalid int literal")
    if negative:
        value = -value
    if not INT_MIN <= value <= INT_MAX:
        raise LiteralError("invalid int literal")
    return value


def parse_uint(text: str) -> UInt:
    """Read an unsigned integer with its `u`. Raises LiteralError above 64 bits."""
    value = _digits(text[:-1], "invalid uint literal")
    if value > UINT_MAX:
        raise LiteralError("invalid uint literal")
    return UInt(value)


def parse_double(text: str, *, negative: bool) -> float:
    """Read a floating-point number. Raises LiteralError where it would be infinite."""
    value = float(text)
    if isinf(value):
        raise LiteralError("invalid double literal")
    return -value if negative else value


def parse_string(text: str) -> str:
    """Read a quoted string: raw, in triple quotes, or with escapes. Raises LiteralError."""
    body, raw = _unquote(text)
    if raw or "\\" not in body:
        return body
    return _ESCAPE.sub(_unescape, body)


def parse_bytes(text: str) -> bytes:
    """Read a bytes literal with its `b`: text is UTF-8, `\\x` and octal escapes are single bytes."""
    body, raw = _unquote(text[1:])
    if raw or "\\" not in body:
        return body.encode()
    parts: list[bytes] = []
    end = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[end : match.start()].encode())
        parts.append(_unescape_byte(match))
        end = match.end()
    parts.append(body[end:].encode())
    return b"".join(parts)


def _digits(text: str, refusal: str) -> int:
    digits, base = (text[2:], 16) if text.startswith("0x") else (text, 10)
    if len(digits) > _MAX_DIGITS:
        digits = digits.lstrip("0")
        if len(digits) > _MAX_DIGITS:
            raise LiteralError(refusal)
    return int(digits or "0", base)


def _unquote(text: str) -> tuple[str, bool]:
    raw = text[0] in "rR"
    if raw:
        text = text[1:]
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    quotes = 3 if len(text) >= 6 and text.startswith(('"""', "'''")) else 1
    return text[quotes:-quotes], raw


# The lexer lets only whole escapes through.
_ESCAPE: Final = re.compile(r"\\(?:[xX](..)|u(....)|U(.{8})|([0-3]..)|(.))")
_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescape(match: re.Match[str]) -> str:
    kind = match.lastindex
    assert kind is not None
    digits = match.group(kind)
    if kind == 5:
        return _SIMPLE.get(digits, digits)
    code = int(digits, 8 if kind == 4 else 16)
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
        raise LiteralError("invalid unicode code point")
    return chr(code)


def _unescape_byte(match: re.Match[str]) -> bytes:
    kind = match.lastindex
    assert kind is not None
    digits = match.group(kind)
    if kind == 5:
        return _SIMPLE.get(digits, digits).encode()
    if kind == 2 or kind == 3:
        raise LiteralError("unable to unescape string")
    return bytes((int(digits, 8 if kind == 4 else 16),))
