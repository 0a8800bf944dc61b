"""A file's data, and the way back to its text."""

from __future__ import annotations

from typing import NamedTuple

from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources.formats.names import Format
from policy_engine.sources.layout import Places
from policy_engine.sources.text import Place
from policy_engine.sources.values import JsonValue


class Parsed(NamedTuple):
    """What the reader of a format makes of a text. places: of those parts whose place is known."""

    value: JsonValue
    places: dict[FieldPath, Place]


@record(kw_only=True)
class FileData:
    """What is in a file, as plain JSON data: never empty, though its only document may be null.

    documents: one, but for YAML and JSON, whose files may hold several.
    layouts: one for each document.
    is_secret: files of this name are where people keep passwords. Expressions see the values; nobody is shown a
        line: the layouts' text gives no excerpt.
    """

    format: Format
    documents: tuple[JsonValue, ...]
    layouts: tuple[Places, ...]
    is_secret: bool = False

    @property
    def value(self) -> JsonValue:
        """Give the first document."""
        return self.documents[0]

    @property
    def places(self) -> Places:
        """Give where the parts of the first document are."""
        return self.layouts[0]
