"""Files of environment variables, with python-dotenv. Nothing is interpolated, and no environment is touched."""

from __future__ import annotations

from io import StringIO

from policy_engine.field_paths import FieldPath
from policy_engine.sources.formats.data import Parsed
from policy_engine.sources.formats.problems import (
    FormatCode,
    FormatError,
    duplicate_key,
    library_missing,
    refuse_long_blanks,
)
from policy_engine.sources.limits import Limits
from policy_engine.sources.text import Place, SourceText
from policy_engine.sources.values import JsonValue


def read(source: SourceText, limits: Limits) -> Parsed:
    """Read names and values; a name without `=` has the value null. Raises: FormatError."""
    try:
        from dotenv.parser import parse_stream
    except ImportError:
        raise library_missing("python-dotenv") from None
    refuse_long_blanks(source)
    values: dict[str, JsonValue] = {}
    places: dict[FieldPath, Place] = {}
    for binding in parse_stream(StringIO(source.text)):
        place = Place(binding.original.line, 1)
        if binding.error:
            raise FormatError("expected `NAME=value`", code=FormatCode.DOTENV_SYNTAX, place=place)
        if binding.key is None:
            continue
        if binding.key in values:
            raise duplicate_key(binding.key, place)
        values[binding.key] = binding.value
        places[(binding.key,)] = place
    return Parsed(values, places)
