"""Regular expressions as Kubernetes has them: Go's syntax, RE2's meaning, linear time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.go_strings import encode
from policy_engine.cel.libraries.regexp_error import RegexpError
from policy_engine.cel.libraries.regexp_python import python_form
from policy_engine.cel.libraries.regexp_syntax import Parser

if TYPE_CHECKING:
    from policy_engine.cel.libraries.regexp_syntax import Token

MAX_PATTERNS: Final = 256  # compiled patterns kept; a policy set uses tens, hostile input any number
# What RE2 may take for one program and its automata. Nearly every pattern fits the first; `\pL{1000}`, which
# Go accepts, needs the second.
MEMORY_BUDGETS_BYTES: Final = (8 << 20, 64 << 20)


class Regexp:
    """A compiled pattern. May be used by many threads at once.

    Strings go in and come out as `str`; nothing counts bytes.
    """

    __slots__ = ("_limit", "_quick", "_re2", "_tokens", "pattern")

    def __init__(self, pattern: str) -> None:
        """Read a pattern.

        Raises: RegexpError for what Go refuses, in Go's words.
        """
        self.pattern = pattern
        self._tokens = tokens = Parser(pattern).tokens()
        self._re2: Any = None
        self._quick: re.Pattern[str] | None = None
        self._limit = -1
        form = python_form(tokens)
        if form is None:
            self._re2 = _to_re2(pattern, tokens)
        else:
            self._quick = re.compile(form.text, re.ASCII)
            self._limit = form.max_length

    def matches(self, text: str) -> bool:
        """Tell whether the pattern matches anywhere in the text."""
        quick = self._quick
        if quick is not None and len(text) <= self._limit:
            return quick.search(text) is not None
        return self._search(encode(text), 0)[0] >= 0

    def find(self, text: str) -> str:
        """Give the leftmost match, or the empty string."""
        quick = self._quick
        if quick is not None and len(text) <= self._limit:
            match = quick.search(text)
            return "" if match is None else match.group()
        encoded = encode(text)
        start, end = self._search(encoded, 0)
        return "" if start < 0 else _decode(encoded[start:end])

    def find_all(self, text: str, limit: int = -1) -> list[str]:
        """Give all matches that do not overlap, at most `limit` of them where that is not negative."""
        quick, stop = self._quick, limit if limit >= 0 else None
        if quick is not None and len(text) <= self._limit:
            return [text[start:end] for start, end in islice(_quick_spans(quick, text), stop)]
        encoded = encode(text)
        spans = _spans(lambda at: self._search(encoded, at), lambda at: _width(encoded, at), len(encoded))
        return [_decode(encoded[start:end]) for start, end in islice(spans, stop)]

    def _search(self, encoded: bytes, at: int) -> tuple[int, int]:
        """Give where the leftmost match is, in bytes; a negative start where there is none."""
        search, anchor, length = self._program().Match, _unanchored(), len(encoded)
        while True:
            start, end = search(anchor, encoded, at, length)[0]
            # RE2 holds `\B` to be true between the bytes of one character. Only an empty match can be there.
            if start != end or start < 0 or start == length or encoded[start] & 0xC0 != 0x80:
                return start, end
            at = start + 1
            while at < length and encoded[at] & 0xC0 == 0x80:
                at += 1

    def _program(self) -> Any:
        program = self._re2
        if program is None:
            program = self._re2 = _to_re2(self.pattern, self._tokens)
        return program


@lru_cache(maxsize=MAX_PATTERNS)
def _compiled(pattern: str) -> Regexp | str:
    # Refusals are kept as text: an exception kept would keep the frames of whoever met it first.
    try:
        return Regexp(pattern)
    except RegexpError as error:
        return str(error)


def compile(pattern: str) -> Regexp:
    """Give the compiled form of a pattern, from a bounded cache.

    Raises: EvaluationError worded as Go's `regexp.Compile` words it: ``error parsing regexp: ...: `...` ``.
    """
    regexp = _compiled(pattern)
    if isinstance(regexp, str):
        raise EvaluationError(regexp)
    return regexp


def matcher(pattern: str) -> Callable[[str], bool]:
    """Give the quickest function that tells whether the pattern matches anywhere in a text.

    Raises: EvaluationError as `compile`.
    """
    regexp = compile(pattern)
    quick, limit = regexp._quick, regexp._limit
    if quick is None:
        return regexp.matches
    search, slow = quick.search, regexp.matches

    def matches(text: str) -> bool:
        return search(text) is not None if len(text) <= limit else slow(text)

    return matches


_NOWHERE: Final = (-1, -1)


def _quick_spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    def find(at: int) -> tuple[int, int]:
        match = pattern.search(text, at)
        return _NOWHERE if match is None else match.span()

    return _spans(find, lambda at: 1, len(text))


def _spans(
    find: Callable[[int], tuple[int, int]], width: Callable[[int], int], length: int
) -> Iterator[tuple[int, int]]:
    """Give the matches one after the other.

    Source: Go regexp.go, `allMatches`: an empty match right after another match does not count.
    """
    at, last_end = 0, -1
    while at <= length:
        start, end = find(at)
        if start < 0:
            return
        if end > at:
            yield start, end
            at = end
        else:
            if start != last_end:
                yield start, end
            at += width(at)
        last_end = end


@lru_cache(maxsize=1)
def _unanchored() -> Any:
    from re2 import _re2

    return _re2.RE2.Anchor.UNANCHORED


def _to_re2(pattern: str, tokens: list[Token]) -> Any:
    # Imported when first needed: most policies are served by `re`, and the import takes some milliseconds.
    # The package's own wrapper translates offsets of every match in Python; the class below it is six times
    # quicker and its bytes are all that is needed here.
    import re2

    text = encode("".join(token.re2 for token in tokens))
    for budget in MEMORY_BUDGETS_BYTES:
        options = re2.Options()
        options.log_errors = False
        options.never_capture = True
        options.max_mem = budget
        program = re2._re2.RE2(text, options)
        if program.ok():
            return program
    raise RegexpError("expression too large", pattern)


def _decode(encoded: bytes) -> str:
    return encoded.decode("utf-8", "surrogatepass")


def _width(encoded: bytes, at: int) -> int:
    """Give the length in bytes of the character at an offset."""
    if at >= len(encoded) or encoded[at] < 0x80:
        return 1
    return 2 if encoded[at] < 0xE0 else 3 if encoded[at] < 0xF0 else 4
