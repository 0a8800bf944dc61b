"""What can be wrong with a file of data, each with a stable code and a place in the text."""

from __future__ import annotations

import re
from enum import StrEnum

from policy_engine.errors import InputError
from policy_engine.sources.document import Broken
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.text import Place, SourceText

MAX_BLANKS = 200  # wider than any indentation; with runs of this length a megabyte takes a second
_LONG_BLANKS = re.compile(rf"\s{{{MAX_BLANKS + 1}}}")


class FormatCode(StrEnum):
    """The codes of what keeps a file from becoming data, beside those of YAML and JSON."""

    TOML_SYNTAX = "toml-syntax"
    HCL_SYNTAX = "hcl-syntax"
    DOCKERFILE_SYNTAX = "dockerfile-syntax"
    DOTENV_SYNTAX = "dotenv-syntax"
    INI_SYNTAX = "ini-syntax"
    XML_SYNTAX = "xml-syntax"
    XML_DTD = "xml-dtd"
    LONG_BLANKS = "long-blanks"
    UNKNOWN = "format-unknown"
    LIBRARY_MISSING = "format-library-missing"


class FormatError(InputError):
    """Refuse a file at one place, or as a whole where nobody can tell the place."""

    def __init__(
        self, message: str, *, code: FormatCode | ProblemCode, place: Place | None = None, help: str = ""
    ) -> None:
        super().__init__(message, code=code.value, help=help)
        self.place = place


def library_missing(library: str) -> FormatError:
    """Say that a format cannot be read without a package that is not installed."""
    return FormatError(
        f"cannot be read without the package `{library}`",
        code=FormatCode.LIBRARY_MISSING,
        help="pip install 'polgate[files]'",
    )


def duplicate_key(key: str, place: Place | None = None) -> FormatError:
    """Refuse a key that stands twice: which of the two counts depends on who reads the file."""
    return FormatError(
        f"key `{key}` stands twice", code=ProblemCode.DUPLICATE_KEY, place=place, help="remove one of them"
    )


def too_deep(limit: int, place: Place | None = None) -> FormatError:
    """Refuse a nesting."""
    return FormatError(f"nested deeper than {limit} levels", code=ProblemCode.TOO_DEEP, place=place)


def refuse_long_blanks(source: SourceText) -> None:
    """Refuse white space that the regular expressions of some libraries need the square of its length for."""
    found = _LONG_BLANKS.search(source.text)
    if found is not None:
        raise FormatError(
            f"more than {MAX_BLANKS} white space characters in a row",
            code=FormatCode.LONG_BLANKS,
            place=source.place(found.start()),
        )


def broken(source: SourceText, error: FormatError) -> Broken:
    """Hand out an error as what became of the file."""
    place = _within(source, error.place) if error.place is not None else None
    return Broken(
        path=source.path,
        code=error.code,
        message=error.message,
        help=error.help,
        place=place,
        excerpt=source.excerpt(place) if place is not None else None,
    )


def _within(source: SourceText, place: Place) -> Place:
    """Keep a library's place inside the text: some name the line after the last one."""
    last = source.place(len(source.text))
    return min(Place(max(1, place.line), max(1, place.column)), last)
