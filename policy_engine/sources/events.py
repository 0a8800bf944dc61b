"""The one door to PyYAML: its C parser's events. Never `yaml.load` or `yaml.compose`.

Those build trees by recursion in C, and 50 KB of `[` kill the process. Events come one by one from a parser whose
stack is on the heap, and the reader of the events keeps its own limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from policy_engine.sources.problems import DocumentError, ProblemCode

__all__ = [
    "AliasEvent",
    "DocumentStartEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
    "StreamEndEvent",
    "YAMLError",
    "event_source",
    "syntax_error",
]

# YAML 1.1's printable characters: what the reader below refuses with an offset in bytes only.
_UNPRINTABLE = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"

_WORDING = {
    "could not find expected ':'": "expected `:` after a key",
    "mapping values are not allowed in this context": "found `:` where no mapping can begin: check the quotes",
    "did not find expected key": "expected a key: check the indentation",
    "did not find expected '-' indicator": "expected `-`: check the indentation",
    "did not find expected node content": "expected a value",
    "did not find expected <document start>": "expected the document to end: check the indentation",
    "did not find expected ',' or ']'": "expected `,` or `]`",
    "did not find expected ',' or '}'": "expected `,` or `}`",
    "found unexpected end of stream": "a quoted string is not closed",
    "block sequence entries are not allowed in this context": "found `-` where no list can begin",
    "found undefined tag handle": "found a tag with an undefined handle",
}


def event_source(text: str) -> Callable[[], Any]:
    """Give a function that hands out the next event of a YAML stream, then None. It raises YAMLError."""
    get_event: Callable[[], Any] = CParser(text).get_event
    return get_event


def syntax_error(error: YAMLError, text: str) -> DocumentError:
    """Say in our words what PyYAML found wrong in a text, and where."""
    if not isinstance(error, MarkedYAMLError):
        return _unreadable_character(text, str(error))
    problem = str(error.problem or error.context or "cannot be read")
    mark = error.problem_mark or error.context_mark
    if problem == "found unexpected end of stream" and error.context_mark is not None:
        mark = error.context_mark  # where the quotes were opened says more than where the file ends
    offset = min(mark.index if mark is not None else 0, len(text))
    at_tab = text[offset : offset + 1] == "\t" or "character '\\t'" in problem or problem.startswith("found a tab")
    if at_tab or _tab_indents(text, offset):
        return DocumentError(
            "a tab cannot indent YAML",
            code=ProblemCode.YAML_SYNTAX,
            offset=offset if at_tab else _line_start(text, offset),
            help="use spaces",
        )
    if offset and problem == "did not find expected <document start>" and _is_directive(text):
        return DocumentError(
            "found a YAML directive, which kubectl does not read",
            code=ProblemCode.YAML_SYNTAX,
            offset=_line_start(text, offset - 1),
            help="remove the line that begins with `%`",
        )
    related = error.context_mark
    same = related is None or related.index == offset
    return DocumentError(
        "not YAML: " + _WORDING.get(problem, problem.replace("'", "`")),
        code=ProblemCode.YAML_SYNTAX,
        offset=offset,
        related=None if same or related is None else related.index,
        related_note="" if same else str(error.context or ""),
    )


def _unreadable_character(text: str, message: str) -> DocumentError:
    found = re.search(_UNPRINTABLE, text)
    if found is None:
        return DocumentError(f"not YAML: {message.splitlines()[0]}", code=ProblemCode.YAML_SYNTAX, offset=0)
    return DocumentError(
        f"found the character U+{ord(found.group()):04X}, which YAML does not allow",
        code=ProblemCode.NOT_TEXT,
        offset=found.start(),
    )


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _tab_indents(text: str, offset: int) -> bool:
    start = _line_start(text, offset)
    line = text[start : text.find("\n", start) if "\n" in text[start:] else len(text)]
    return "\t" in line[: len(line) - len(line.lstrip())]


def _is_directive(text: str) -> bool:
    lines = (line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#"))
    return next(lines, "").startswith("%")
