"""TOML, with the standard library's reader. Its tables and keys are found again in the text, line by line."""

from __future__ import annotations

import re
import tomllib

from policy_engine.field_paths import FieldPath
from policy_engine.sources.formats.data import Parsed
from policy_engine.sources.formats.problems import FormatCode, FormatError, too_deep
from policy_engine.sources.limits import Limits
from policy_engine.sources.text import Place, SourceText

_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DOTTED = rf"{_PART}(?:[ \t]*+\.[ \t]*+{_PART})*+"
_TABLE = re.compile(rf"[ \t]*(?P<list>\[)?\[[ \t]*(?P<key>{_DOTTED})[ \t]*\]")
_KEY = re.compile(rf"(?P<indent>[ \t]*)(?P<key>{_DOTTED})[ \t]*=[ \t]*(?P<value>.*)")
_PARTS = re.compile(_PART)
_FENCES = ('"""', "'''")
_AT = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")


def read(source: SourceText, limits: Limits) -> Parsed:
    """Read TOML. Raises: FormatError."""
    text = source.text
    _refuse_long_keys(text, limits)
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _syntax_error(source, str(error)) from None
    except ValueError:
        raise FormatError("a number is no number that can be read", code=FormatCode.TOML_SYNTAX) from None
    return Parsed(value, _places(text))


def _refuse_long_keys(text: str, limits: Limits) -> None:
    """Refuse what tomllib takes hours for: its time grows with the square of the parts of a dotted key."""
    parts = limits.depth
    long = re.search(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{parts},}}", text)
    if long is not None:
        start = long.start()
        line = text.count("\n", 0, start) + 1
        raise too_deep(parts, Place(line, start - text.rfind("\n", 0, start)))


def _syntax_error(source: SourceText, message: str) -> FormatError:
    at = _AT.search(message)
    place = source.place(len(source.text))
    if at is not None:
        message = message[: at.start()]
        if at["line"]:
            place = Place(int(at["line"]), int(at["column"]))
    return FormatError(message[:1].lower() + message[1:], code=FormatCode.TOML_SYNTAX, place=place)


def _places(text: str) -> dict[FieldPath, Place]:
    """Find tables, and keys at the start of lines; a key inside a value of several lines has none of its own."""
    places: dict[FieldPath, Place] = {}
    table: FieldPath = ()
    counts: dict[FieldPath, int] = {}
    fence = ""
    for line, written in enumerate(text.split("\n"), start=1):
        if fence:
            if fence in written:
                fence = ""
            continue
        header = _TABLE.match(written)
        if header is not None:
            table = _resolved(_names(header["key"]), counts)
            if header["list"]:
                index = counts[table] = counts.get(table, -1) + 1
                table = (*table, index)
            for depth in range(1, len(table) + 1):
                places.setdefault(table[:depth], Place(line, header.start("key") + 1))
            continue
        key = _KEY.match(written)
        if key is not None:
            path = table + _names(key["key"])
            places.setdefault(path, Place(line, key.end("indent") + 1))
            fence = _opened(key["value"])
    return places


def _names(key: str) -> FieldPath:
    return tuple(part.strip("\"'") for part in _PARTS.findall(key))


def _resolved(names: FieldPath, counts: dict[FieldPath, int]) -> FieldPath:
    """Lead a table's name into the newest items of the lists on its way."""
    path: FieldPath = ()
    for depth, name in enumerate(names, start=1):
        path = (*path, name)
        if depth < len(names) and path in counts:
            path = (*path, counts[path])
    return path


def _opened(value: str) -> str:
    """Give the fence of a string that goes on in the next line, or nothing."""
    return next((f for f in _FENCES if value.startswith(f) and f not in value[len(f) :]), "")
