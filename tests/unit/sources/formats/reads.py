"""What the tests of formats share: a text read under a name, as data or as what is wrong with it."""

from __future__ import annotations

from policy_engine.field_paths import FieldPath
from policy_engine.sources import Broken, Limits
from policy_engine.sources.formats import FileData, read_data
from policy_engine.sources.values import JsonValue


def data(path: str, text: str | bytes, limits: Limits | None = None) -> FileData:
    found = read_data(path, text.encode() if isinstance(text, str) else text, limits or Limits())
    assert isinstance(found, FileData), found
    return found


def value(path: str, text: str | bytes) -> JsonValue:
    return data(path, text).value


def broken(path: str, text: str | bytes, limits: Limits | None = None) -> Broken:
    found = read_data(path, text.encode() if isinstance(text, str) else text, limits or Limits())
    assert isinstance(found, Broken), found
    return found


def fault(path: str, text: str | bytes) -> tuple[str, int]:
    """Give the code of what is wrong, and its line; 0 where no line is known."""
    found = broken(path, text)
    return str(found.code), found.place.line if found.place is not None else 0


def line(path: str, text: str, field: FieldPath) -> int:
    return data(path, text).places.locate(field).start.line
