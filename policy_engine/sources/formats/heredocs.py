"""Which words of a Dockerfile's line begin a here-document, told as BuildKit tells.

A difference would be a way round policies: a line that is text to one and an instruction to the other.
Source: moby/buildkit frontend/dockerfile/parser `ParseHeredoc`, frontend/dockerfile/shell `Lex.ProcessWords`.
"""

from __future__ import annotations

import re

from policy_engine.records import record

# Go's unicode.IsSpace. Python's str.isspace knows four more.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

_WORD = re.compile(r"[0-9]*<<(-?)([^<]+)")
_NAME = re.compile(r"[0-9]+|[@*#?$!-]|(?:[^\W\d]|_)\w*")
_SPACES = frozenset(SPACE)


@record
class Heredoc:
    """The name that ends a here-document. strips_tabs: at the start of the line with the name."""

    name: str
    strips_tabs: bool


def heredocs(line: str) -> list[Heredoc]:
    """Find the here-documents that a whole line begins, in order. A line that is no shell's begins none."""
    try:
        words = _Words(line, raw=True).all()
    except _Unfinished:
        return []
    found: list[Heredoc] = []
    for word in words:
        match = _WORD.fullmatch(word)
        if match is not None:
            try:
                names = _Words(match[2], raw=False).all()
            except _Unfinished:
                continue
            if len(names) == 1:
                found.append(Heredoc(names[0], match[1] == "-"))
    return found


class _Unfinished(Exception):
    """A quote or a brace is never closed."""


class _Words:
    """The words of a shell's line. No variable is set, so all stay as they are written. raw: quotes stay too."""

    def __init__(self, text: str, *, raw: bool) -> None:
        self._text = text
        self._at = 0
        self._raw = raw

    def all(self) -> list[str]:
        return self._until("", keeps_escapes=self._raw)[1]

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        return char

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _until(self, stop: str, *, keeps_escapes: bool) -> tuple[str, list[str]]:
        """Read up to a character, or to the end: all of it, and its words."""
        everything: list[str] = []
        words: list[str] = []
        word: list[str] = []

        def add(text: str, *, may_split: bool) -> None:
            everything.append(text)
            for char in text:
                if not may_split or char not in _SPACES:
                    word.append(char)
                elif word:
                    words.append("".join(word))
                    word.clear()

        while (char := self._next()) != stop:
            if not char:
                raise _Unfinished
            if char == "'":
                add(self._single_quoted(), may_split=False)
            elif char == '"':
                add(self._double_quoted(keeps_escapes), may_split=False)
            elif char == "$":
                add(self._variable(), may_split=True)
            elif char == "\\":
                add((char if keeps_escapes else "") + self._next(), may_split=False)
            else:
                add(char, may_split=True)
        if word:
            words.append("".join(word))
        return "".join(everything), words

    def _single_quoted(self) -> str:
        end = self._text.find("'", self._at)
        if end < 0:
            raise _Unfinished
        text, self._at = self._text[self._at : end], end + 1
        return f"'{text}'" if self._raw else text

    def _double_quoted(self, keeps_escapes: bool) -> str:
        texts: list[str] = []
        while (char := self._next()) != '"':
            if not char:
                raise _Unfinished
            if char == "$":
                texts.append(self._variable())
            elif char == "\\":
                escapes = self._peek() in ('"', "$", "\\")
                texts.append((char if keeps_escapes or not escapes else "") + (self._next() if escapes else ""))
            else:
                texts.append(char)
        text = "".join(texts)
        return f'"{text}"' if self._raw else text

    def _variable(self) -> str:
        """Read what follows a dollar sign: nothing, a name, or braces round a name and what to do with it."""
        if self._peek() != "{":
            return "$" + self._name()
        self._next()
        if self._peek() in ("", "{", "}", ":"):
            raise _Unfinished
        name = self._name()
        operator = self._next()
        if operator == "}":
            return f"${{{name}}}"
        if operator == "/":
            if self._peek() == "/":
                self._next()
            pattern, _ = self._until("/", keeps_escapes=True)
            replacement, _ = self._until("}", keeps_escapes=True)
            return f"${{{name}/{pattern}/{replacement}}}"
        if operator == ":":
            operator += self._next()
        elif operator not in ("+", "-", "?", "#", "%"):
            raise _Unfinished
        word, _ = self._until("}", keeps_escapes=operator[-1] in "#%")
        return f"${{{name}{operator}{word}}}"

    def _name(self) -> str:
        found = _NAME.match(self._text, self._at)
        if found is None:
            return ""
        self._at = found.end()
        return found[0]
