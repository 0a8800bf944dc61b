"""Where kubectl cuts a stream of YAML into documents: at every line that begins with `---`.

YAML itself would let a document begin on the separator's line; kubectl refuses that, and so do we. Cutting
first leaves the other documents readable where one is broken.
Source: k8s.io/apimachinery pkg/util/yaml/decoder.go `YAMLReader`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

_SEPARATOR = "---"
_SPACE = " \t\r\n"


class Chunk(NamedTuple):
    """The text of one document and where it begins in its file.

    wrong_separator: offset of what follows the `---` before it and must not, or -1.
    """

    text: str
    offset: int
    wrong_separator: int = -1


def split(text: str, start: int = 0) -> Iterator[Chunk]:
    """Cut a text at its separator lines.

    Chunks of white space alone are left out, unless their separator is wrong.
    """
    wrong, position = -1, start
    line_end = start
    at = start if text.startswith(_SEPARATOR, start) else _next(text, start)
    while at >= 0:
        chunk = text[position:at]
        if wrong >= 0 or chunk.strip(_SPACE):
            yield Chunk(chunk, position, wrong)
        line_end = text.find("\n", at)
        if line_end < 0:
            line_end = len(text)
        rest = text[at + len(_SEPARATOR) : line_end].strip()
        wrong = at + len(_SEPARATOR) if rest and not rest.startswith("#") else -1
        position = min(line_end + 1, len(text))
        at = _next(text, line_end)
    chunk = text[position:]
    if wrong >= 0 or chunk.strip(_SPACE):
        yield Chunk(chunk, position, wrong)


def _next(text: str, start: int) -> int:
    """Find the next separator at or after the line break at `start`."""
    at = text.find("\n" + _SEPARATOR, start)
    return at + 1 if at >= 0 else -1
