"""Single characters and bracketed classes of a regular expression.

Every reader takes the pattern and an offset, and gives what it read and where reading goes on.

Source: Go 1.26 regexp/syntax/parse.go, `parseEscape`, `parseUnicodeClass`, `parseClass`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from policy_engine.cel.libraries.regexp_classes import POSIX_CLASSES, unicode_class
from policy_engine.cel.libraries.regexp_error import RegexpError

ASCII_ALNUM: Final = frozenset("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
# Classes with a letter, and how Python's `re` spells them: Go's white space has no vertical tab.
PERL_CLASSES: Final = {
    "d": r"\d",
    "D": r"\D",
    "w": r"\w",
    "W": r"\W",
    "s": r"[\t\n\f\r ]",
    "S": r"[^\t\n\f\r ]",
}

_OCTAL_DIGITS: Final = frozenset("01234567")
_HEX_DIGITS: Final = frozenset("0123456789abcdefABCDEF")
_C_ESCAPES: Final = {"a": 7, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11}
_PERL_ITEMS: Final = {"d": r"\d", "D": r"\D", "w": r"\w", "W": r"\W", "s": r"\t\n\f\r "}
_POSIX_ITEMS: Final = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "word": r"\w",
    "xdigit": "0-9A-Fa-f",
}
_EVERYTHING: Final = "\\x{0}-\\x{10ffff}"


class Class(NamedTuple):
    """A class in RE2's spelling and in Python's (None where it has none), and the offset after it."""

    re2: str
    python: str | None
    end: int


def read_escaped_char(pattern: str, start: int) -> tuple[int, int]:
    """Read one escaped character, such as `\\x41`: its code point."""
    at = start + 1
    if at >= len(pattern):
        raise RegexpError("trailing backslash at end of expression", "")
    char = pattern[at]
    at += 1
    following = pattern[at : at + 1]
    if char == "0" or (char in "1234567" and following and following in _OCTAL_DIGITS):
        end = at
        while end < min(at + 2, len(pattern)) and pattern[end] in _OCTAL_DIGITS:
            end += 1
        return int(pattern[at - 1 : end], 8), end
    if char == "x" and following:
        return _read_hexadecimal(pattern, start, at)
    if char in _C_ESCAPES:
        return _C_ESCAPES[char], at
    if char < "\x80" and char not in ASCII_ALNUM:
        return ord(char), at
    raise RegexpError("invalid escape sequence", pattern[start:at])


def _read_hexadecimal(pattern: str, start: int, at: int) -> tuple[int, int]:
    if pattern[at] != "{":
        digits = pattern[at : at + 2]
        if len(digits) == 2 and set(digits) <= _HEX_DIGITS:
            return int(digits, 16), at + 2
        raise RegexpError("invalid escape sequence", pattern[start : at + 2])
    at += 1
    code, first = 0, at
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "}" and at > first + 1:
            return code, at
        if char not in _HEX_DIGITS:
            break
        code = code * 16 + int(char, 16)
        if code > 0x10FFFF:
            break
    raise RegexpError("invalid escape sequence", pattern[start:at])


def read_unicode_class(pattern: str, start: int) -> Class:
    """Read `\\pL`, `\\P{Greek}` or `\\p{^Greek}`."""
    items, end = _read_unicode_items(pattern, start)
    return Class(f"[{items}]" if items else f"[^{_EVERYTHING}]", None, end)


def _read_unicode_items(pattern: str, start: int) -> tuple[str, int]:
    negated = pattern[start + 1] == "P"
    if pattern.startswith("{", start + 2):
        brace = pattern.find("}", start)
        if brace < 0:
            raise RegexpError("invalid character class range", pattern[start:])
        name, end = pattern[start + 3 : brace], brace + 1
    else:
        name, end = pattern[start + 2 : start + 3], start + 3
    if name.startswith("^"):
        name, negated = name[1:], not negated
    items = unicode_class(name, negated=negated)
    if items is None:
        raise RegexpError("invalid character class range", pattern[start:end])
    return items, end


def read_bracketed_class(pattern: str, start: int) -> Class:
    """Read a class such as `[^a-z\\d[:space:]]`."""
    is_negated = pattern.startswith("^", start + 1)
    first = at = start + 2 if is_negated else start + 1
    re2: list[str] = []
    python: list[str] = []
    is_translated = True
    while not pattern.startswith("]", at) or at == first:
        item = _read_item(pattern, at, start)
        at = item.end
        re2.append(item.re2)
        if item.python is None:
            is_translated = False
        else:
            python.append(item.python)
    items = "".join(re2)
    if not items:
        items, is_negated = _EVERYTHING, not is_negated
    sign = "^" if is_negated else ""
    return Class(f"[{sign}{items}]", f"[{sign}{''.join(python)}]" if is_translated else None, at + 1)


def _read_item(pattern: str, at: int, class_start: int) -> Class:
    """Read one item between brackets."""
    if pattern.startswith("[:", at):
        end = pattern.find(":]", at + 2)
        if end >= 0:
            name = pattern[at + 2 : end]
            if name.removeprefix("^") not in POSIX_CLASSES:
                raise RegexpError("invalid character class range", pattern[at : end + 2])
            return Class(pattern[at : end + 2], _POSIX_ITEMS.get(name), end + 2)
    if pattern.startswith(("\\p", "\\P"), at):
        items, end = _read_unicode_items(pattern, at)
        return Class(items, None, end)
    if pattern.startswith("\\", at) and pattern[at + 1 : at + 2] in PERL_CLASSES:
        letter = pattern[at + 1]
        return Class("\\" + letter, _PERL_ITEMS.get(letter), at + 2)
    low, end = _read_class_char(pattern, at, class_start)
    high = low
    if pattern.startswith("-", end) and pattern[end + 1 : end + 2] not in ("", "]"):
        high, end = _read_class_char(pattern, end + 1, class_start)
        if high < low:
            raise RegexpError("invalid character class range", pattern[at:end])
    if low == high:
        return Class(f"\\x{{{low:x}}}", re.escape(chr(low)), end)
    python = f"{re.escape(chr(low))}-{re.escape(chr(high))}"
    return Class(f"\\x{{{low:x}}}-\\x{{{high:x}}}", python, end)


def _read_class_char(pattern: str, at: int, class_start: int) -> tuple[int, int]:
    if at >= len(pattern):
        raise RegexpError("missing closing ]", pattern[class_start:])
    if pattern[at] == "\\":
        return read_escaped_char(pattern, at)
    return ord(pattern[at]), at + 1
