"""XML, with the standard library's Expat. No entity is ever defined, nothing outside the file is ever read.

An element becomes an object: attributes under `@name`, its text under `#text`, child elements under their names.
Children are always lists: an element that comes once today and twice tomorrow has the same shape both times.
"""

from __future__ import annotations

from xml.parsers import expat

from policy_engine.field_paths import FieldPath
from policy_engine.sources.formats.data import Parsed
from policy_engine.sources.formats.problems import FormatCode, FormatError, too_deep
from policy_engine.sources.limits import Limits
from policy_engine.sources.text import Place, SourceText
from policy_engine.sources.values import JsonValue

_ENTITY = "<!ENTITY"


def read(source: SourceText, limits: Limits) -> Parsed:
    """Read XML: an object with the root element. Raises: FormatError."""
    # Said before Expat begins: it reads on after a handler has refused, and would expand what the text defines.
    found = source.text.find(_ENTITY)
    if found >= 0:
        raise _has_definitions(source.place(found))
    reading = _Reading(limits)
    try:
        reading.parser.Parse(source.text, True)
    except expat.ExpatError as error:
        place = Place(error.lineno, error.offset + 1)
        raise FormatError(expat.ErrorString(error.code), code=FormatCode.XML_SYNTAX, place=place) from None
    return Parsed(reading.root, reading.places)


class _Reading:
    """The elements that are open, from the root to the innermost, each with its text so far."""

    def __init__(self, limits: Limits) -> None:
        self.root: dict[str, JsonValue] = {}
        self.places: dict[FieldPath, Place] = {}
        self._limits = limits
        self._open: list[tuple[dict[str, JsonValue], FieldPath, list[str]]] = [(self.root, (), [])]
        self.parser = parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        parser.SkippedEntityHandler = self._unknown_entity
        parser.ExternalEntityRefHandler = lambda *_: 0

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        # The root and its list, then two levels for every element.
        if 2 * len(self._open) > self._limits.depth:
            raise too_deep(self._limits.depth, self._here())
        parent, path, _ = self._open[-1]
        element: dict[str, JsonValue] = {f"@{key}": value for key, value in attributes.items()}
        if parent is self.root:
            self.root[name] = element
            path = (name,)
        else:
            siblings = parent.setdefault(name, [])
            assert isinstance(siblings, list)  # no attribute has an element's name: `@` begins none
            path = (*path, name, len(siblings))
            siblings.append(element)
        self.places[path] = self._here()
        self._open.append((element, path, []))

    def _end(self, name: str) -> None:
        element, _, texts = self._open.pop()
        text = "".join(texts).strip()
        if text:
            element["#text"] = text

    def _text(self, text: str) -> None:
        self._open[-1][2].append(text)

    def _doctype(self, name: str, system_id: str | None, public_id: str | None, has_internal: int) -> None:
        if has_internal:
            raise _has_definitions(self._here())

    def _unknown_entity(self, name: str, is_parameter: bool) -> None:
        message = f"entity `{name}` is defined outside the file"
        raise FormatError(message, code=FormatCode.XML_SYNTAX, place=self._here())

    def _here(self) -> Place:
        return Place(self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)


def _has_definitions(place: Place) -> FormatError:
    return FormatError(
        "defines entities, or has a DTD inside",
        code=FormatCode.XML_DTD,
        place=place,
        help="write out what the entities stand for: their definitions are never read",
    )
