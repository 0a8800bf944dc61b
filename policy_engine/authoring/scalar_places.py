"""Finding a character of a scalar's value in the YAML text it was written as.

An expression's faults count from the expression's start. In a file the expression may be quoted, folded, or a
block with indentation: this walks value and text side by side.
"""

from __future__ import annotations

import re

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+)+")
_BLOCK_HEADER = re.compile(r"([|>])(?:[+-]?([1-9])?[+-]?)[ \t]*(?:#[^\r\n]*)?\r?\n")
_ESCAPES = dict(zip('0abt\tnvfre "/\\N_LP', '\0\a\b\t\t\n\v\f\r\x1b "/\\\x85\xa0\u2028\u2029', strict=True))
# How JSON escapes one character beyond 16 bits.
_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_HEX_DIGITS = {"x": 2, "u": 4, "U": 8}


def place_in_scalar(text: str, start: int, value: str, offset: int) -> int | None:
    """Give the offset in `text` of the character at `offset` in `value`.

    start: where the scalar begins in `text`, with its tag and anchor or without. Offsets count code points.
    offset: may equal len(value), for what is missing at the end. None where value and text do not fit.
    """
    if properties := _PROPERTIES.match(text, start):
        start = properties.end()
    if header := _BLOCK_HEADER.match(text, start):
        return _in_block(text, header, value, offset)
    quote = text[start : start + 1]
    if quote in ("'", '"'):
        return _in_flow(text, start + 1, value, offset, quote)
    return _in_flow(text, start, value, offset, "")


def _in_block(text: str, header: re.Match[str], value: str, offset: int) -> int | None:
    """Walk a literal (`|`) or folded (`>`) block."""
    at = header.end()
    first = re.compile(r"(?:[ \t]*\r?\n)*( *)").match(text, at)
    assert first is not None
    indent = len(first[1])
    if header[2]:
        parent = _indent_of_line(text, header.start())
        indent = parent + int(header[2])
    fold = header[1] == ">"
    return _walk(text, _skip_indent(text, at, indent), value, offset, fold=fold, indent=indent, quote="")


def _indent_of_line(text: str, at: int) -> int:
    begin = text.rfind("\n", 0, at) + 1
    line = text[begin:at]
    # A list item's mapping is indented by its dashes too.
    lead = re.match(r" *(?:- +)*", line)
    assert lead is not None
    return len(lead[0])


def _in_flow(text: str, at: int, value: str, offset: int, quote: str) -> int | None:
    return _walk(text, at, value, offset, fold=True, indent=None, quote=quote)


def _walk(
    text: str, at: int, value: str, offset: int, *, fold: bool, indent: int | None, quote: str
) -> int | None:
    """Step through value and text together until the value's offset is reached.

    indent: how many spaces a new line loses; None for all of them.
    """
    done = 0
    while done < offset:
        if at >= len(text):
            return None
        char = text[at]
        if char in " \t" and indent is None and _ends_line(text, at):
            at = _line_break(text, at)
            continue
        if char in "\r\n":
            breaks, at = _breaks(text, at, indent)
            kept = _kept_breaks(value, done, breaks) if fold else breaks
            if kept is None:
                return None
            done += kept
            continue
        read = _character(text, at, quote)
        if read is None:
            return None
        shown, at = read
        if shown and not value.startswith(shown, done):
            return None
        done += len(shown)
    if quote == '"' and (read := _character(text, at, quote)) and not read[0]:
        return read[1]
    return at


def _kept_breaks(value: str, done: int, breaks: int) -> int | None:
    """Say how many characters of the value stand for so many line breaks: a space, or all breaks but one."""
    if value.startswith(" ", done):
        return 1
    kept = 0
    while kept < breaks and value.startswith("\n", done + kept):
        kept += 1
    return kept or None


def _breaks(text: str, at: int, indent: int | None) -> tuple[int, int]:
    """Count line breaks and blank lines; give where the next line's text begins."""
    count = 0
    while at < len(text) and text[at] in "\r\n":
        at += 2 if text.startswith("\r\n", at) else 1
        count += 1
        after = _skip_indent(text, at, indent)
        if indent is None or (after < len(text) and text[after] in "\r\n"):
            at = after
            continue
        return count, after
    return count, at


def _skip_indent(text: str, at: int, indent: int | None) -> int:
    end = len(text) if indent is None else min(len(text), at + indent)
    while at < end and (text[at] == " " or (indent is None and text[at] == "\t")):
        at += 1
    return at


def _ends_line(text: str, at: int) -> bool:
    return text[_line_break(text, at) : _line_break(text, at) + 1] in ("\r", "\n")


def _line_break(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t":
        at += 1
    return at


def _character(text: str, at: int, quote: str) -> tuple[str, int] | None:
    """Read one character as written; an escaped line break is no character. None where the scalar ends."""
    char = text[at]
    if quote == "'" and char == "'":
        return ("'", at + 2) if text.startswith("''", at) else None
    if quote != '"':
        return char, at + 1
    if char == '"':
        return None
    if char != "\\":
        return char, at + 1
    escape = text[at + 1 : at + 2]
    if escape in ("\r", "\n"):
        return "", _breaks(text, at + 1, None)[1]
    if escape in _HEX_DIGITS:
        if pair := _PAIR.match(text, at):
            return bytes.fromhex(pair[1] + pair[2]).decode("utf-16-be"), pair.end()
        end = at + 2 + _HEX_DIGITS[escape]
        try:
            return chr(int(text[at + 2 : end], 16)), end
        except (ValueError, OverflowError):
            return None
    return (_ESCAPES[escape], at + 2) if escape in _ESCAPES else None
