"""INI files, with the standard library's configparser: nothing is interpolated, no section lends to another."""

from __future__ import annotations

import configparser
import re

from policy_engine.field_paths import FieldPath
from policy_engine.sources.formats.data import Parsed
from policy_engine.sources.formats.names import basename
from policy_engine.sources.formats.problems import FormatCode, FormatError, duplicate_key, refuse_long_blanks
from policy_engine.sources.limits import Limits
from policy_engine.sources.text import Place, SourceText
from policy_engine.sources.values import JsonValue

# configparser wants a section first. No line of a text without NUL can be this one.
_TOP = "\0"
_SECTION = re.compile(r"[ \t]*\[(?P<name>.+)\]")
_KEY = re.compile(r"(?P<key>[^\s#;=:\[][^=:]*?)[ \t]*(?:[=:]|$)")
# Their readers take an indented line for a key; configparser takes it for more of the value before it.
_INDENT_MEANS_NOTHING = frozenset({".editorconfig", ".gitconfig", ".gitmodules"})


def read(source: SourceText, limits: Limits) -> Parsed:
    """Read sections of keys; the section `""` holds what stands before the first one. Raises: FormatError."""
    text = source.text
    refuse_long_blanks(source)
    if _TOP in text:
        raise _syntax_error("found a NUL character", source.place(text.index(_TOP)))
    if basename(source.path).lower() in _INDENT_MEANS_NOTHING:
        text = "\n".join(line.lstrip() for line in text.split("\n"))
    sections = _sections(text.replace("\r\n", "\n"))
    value: dict[str, JsonValue] = dict(sections)
    return Parsed(value, _places(text, sections))


def _sections(text: str) -> dict[str, dict[str, JsonValue]]:
    parser = configparser.RawConfigParser(strict=True, allow_no_value=True, default_section=_TOP + _TOP)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys stay as they are written
    try:
        parser.read_string(f"[{_TOP}]\n{text}")
    except configparser.DuplicateOptionError as error:
        raise duplicate_key(error.option, _place(error.lineno)) from None
    except configparser.DuplicateSectionError as error:
        raise duplicate_key(error.section, _place(error.lineno)) from None
    except configparser.ParsingError as error:
        line = next((line for line, _ in getattr(error, "errors", ())), None)
        raise _syntax_error("expected `[section]` or `key = value`", _place(line)) from None
    except configparser.Error:
        raise _syntax_error("expected `[section]` or `key = value`") from None
    except AttributeError:  # Python up to 3.12, where an indented line follows a key without a value
        raise _syntax_error("an indented line follows a key without a value") from None
    sections: dict[str, dict[str, JsonValue]] = {}
    for name in parser.sections():
        keys: dict[str, JsonValue] = dict(parser.items(name))
        if name != _TOP or keys:
            sections[name.removeprefix(_TOP)] = keys
    return sections


def _places(text: str, sections: dict[str, dict[str, JsonValue]]) -> dict[FieldPath, Place]:
    places: dict[FieldPath, Place] = {}
    section = ""
    for line, written in enumerate(text.split("\n"), start=1):
        header = _SECTION.match(written)
        if header is not None and header["name"] in sections:
            section = header["name"]
            places.setdefault((section,), Place(line, 1))
            continue
        indent = len(written) - len(written.lstrip())
        key = _KEY.match(written.strip())
        if key is not None and key["key"] in sections.get(section, {}):
            places.setdefault((section, key["key"]), Place(line, indent + 1))
    return places


def _place(line: int | None) -> Place | None:
    """Give the place of a line that configparser counted, which saw one more before all others."""
    return None if line is None else Place(line - 1, 1)


def _syntax_error(message: str, place: Place | None = None) -> FormatError:
    return FormatError(message, code=FormatCode.INI_SYNTAX, place=place)
