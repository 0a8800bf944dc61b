"""Go's regular expressions read: what is allowed, in Go's words where it is not, and the parts it is made of.

RE2 and Go share most of their syntax, but not their error texts, and neither accepts all of the other's.
So a pattern is read by Go's rules here and handed to RE2 in a spelling both read alike.

Source: Go 1.26 regexp/syntax/parse.go, with the flags of `syntax.Perl`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from policy_engine.cel.libraries.regexp_characters import (
    ASCII_ALNUM,
    PERL_CLASSES,
    Class,
    read_bracketed_class,
    read_escaped_char,
    read_unicode_class,
)
from policy_engine.cel.libraries.regexp_error import RegexpError
from policy_engine.cel.libraries.regexp_limits import (
    MAX_REPEAT,
    Group,
    Shape,
    check_limits,
    combine,
    repeated,
)

# Patterns are compiled when first used: `re` keeps them.
_INT: Final = r"(?:0|[1-9][0-9]*)(?![0-9])"
_CAPTURE_NAME: Final = r"[A-Za-z0-9_]+"
_QUANTIFIERS: Final = {"*": (0, -1), "+": (1, -1), "?": (0, 1)}
_SPELLED: Final = {counts: char for char, counts in _QUANTIFIERS.items()}
# For RE2 and for Python. On the empty text `\B` holds in Go, but neither in RE2 nor in Python before 3.14.
_ANCHORS: Final[dict[str, tuple[str, str | None]]] = {
    "A": (r"\A", r"\A"),
    "b": (r"\b", r"\b"),
    "B": (r"(?:\B|\A\z)", None),
    "z": (r"\z", r"\Z"),
}


class Token(NamedTuple):
    """One part of a pattern.

    kind: `atom` (matches one character), `empty` (matches none), `flags`, `open`, `close`, `bar`, `repeat`.
    re2: its text for RE2.
    python: its text for Python's `re` with `re.ASCII`, or None where that has no same meaning.
    """

    kind: str
    re2: str
    python: str | None = None
    minimum: int = 0
    maximum: int = 0  # -1: any number


class Parser:
    """Reads one pattern; use once."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._flags: frozenset[str] = frozenset()
        self._groups = [Group(self._flags, captures=False)]
        self._tokens: list[Token] = []

    def tokens(self) -> list[Token]:
        """Give the parts of the pattern in order; groups are no captures any more.

        Raises RegexpError for what Go refuses.
        """
        last_repeat = -1
        while self._at < len(self._pattern):
            start = self._at
            last_repeat = start if self._read_part(last_repeat) else -1
        group = self._groups[-1]
        group.end_branch()
        check_limits(combine(group.branches, len(group.branches) - 1), self._pattern)
        if len(self._groups) > 1:
            raise RegexpError("missing closing )", self._pattern)
        return self._tokens

    def _read_part(self, last_repeat: int) -> bool:
        """Read one part; tell whether it was a repetition. last_repeat: where one ended just now, or -1."""
        char = self._pattern[self._at]
        if char in "*+?":
            start = self._at
            self._at += 1
            self._repeat(start, _QUANTIFIERS[char], last_repeat)
            return True
        if char == "{":
            start = self._at
            counts = self._counts()
            if counts is not None:
                self._repeat(start, counts, last_repeat)
                return True
            self._literal(char)
        elif char == "(":
            self._open()
            return False
        elif char == "\\":
            self._escape()
            return False
        elif char == "[":
            self._class(read_bracketed_class(self._pattern, self._at))
            return False
        elif char == ")":
            self._close()
        elif char == "|":
            self._groups[-1].end_branch()
            self._tokens.append(Token("bar", "|", "|"))
        elif char == "^":
            self._empty("^", "^")
        elif char == "$":
            self._empty("$", r"\Z")
        elif char == ".":
            self._atom(".", ".")
        else:
            self._literal(char)
        self._at += 1
        return False

    def _add(self, token: Token, shape: Shape) -> None:
        self._tokens.append(token)
        self._groups[-1].branch.append(shape)

    def _atom(self, re2: str, python: str | None) -> None:
        self._add(Token("atom", re2, None if self._flags else python), Shape(1, 1, 1))

    def _empty(self, re2: str, python: str | None) -> None:
        self._add(Token("empty", re2, None if self._flags else python), Shape(1, 1, 1))

    def _literal(self, char: str) -> None:
        re2 = char if char in ASCII_ALNUM else f"\\x{{{ord(char):x}}}"
        python = None if "i" in self._flags else re.escape(char)
        self._add(Token("atom", re2, python), Shape(1, 1, 1, is_literal=True))

    def _class(self, read: Class) -> None:
        self._atom(read.re2, read.python)
        self._at = read.end

    def _counts(self) -> tuple[int, int] | None:
        """Read `{2}`, `{2,}` or `{2,3}` and move past it; None leaves `{` a literal."""
        pattern, start = self._pattern, self._at
        first = re.compile(_INT).match(pattern, start + 1)
        if first is None:
            return None
        low = high = _small(first.group())
        at = first.end()
        if pattern.startswith(",", at):
            at += 1
            if pattern.startswith("}", at):
                high = -1
            else:
                second = re.compile(_INT).match(pattern, at)
                if second is None:
                    return None
                high = _small(second.group())
                at = second.end()
        if not pattern.startswith("}", at):
            return None
        self._at = at + 1
        if low > MAX_REPEAT or high > MAX_REPEAT or 0 <= high < low:
            raise RegexpError("invalid repeat count", pattern[start : self._at])
        return low, high

    def _repeat(self, start: int, counts: tuple[int, int], last_repeat: int) -> None:
        is_lazy = "U" in self._flags
        if self._pattern.startswith("?", self._at):
            self._at += 1
            is_lazy = not is_lazy
        if last_repeat >= 0:
            raise RegexpError("invalid nested repetition operator", self._pattern[last_repeat : self._at])
        branch = self._groups[-1].branch
        text = self._pattern[start : self._at]
        if not branch:
            raise RegexpError("missing argument to repetition operator", text)
        low, high = counts
        is_counted = text[0] == "{"
        branch[-1] = shape = repeated(branch[-1], low, high, is_counted)
        check_limits(shape, self._pattern)
        if is_counted and max(low, high) >= 2 and shape.repeats > MAX_REPEAT:
            raise RegexpError("invalid repeat count", text)
        operator = _SPELLED.get(counts) or f"{{{low},{'' if high < 0 else high}}}"
        if is_lazy:
            operator += "?"
        self._tokens.append(Token("repeat", operator, operator, low, high))

    def _open(self) -> None:
        pattern, start = self._pattern, self._at
        if not pattern.startswith("(?", start):
            self._open_capture(start + 1)
            return
        for name_start in (start + 4, start + 3):
            if pattern[start:name_start] in ("(?P<", "(?<") and len(pattern) > name_start:
                end = pattern.find(">", start)
                if end < 0:
                    raise RegexpError("invalid named capture", pattern[start:])
                if not re.fullmatch(_CAPTURE_NAME, pattern[name_start:end]):
                    raise RegexpError("invalid named capture", pattern[start : end + 1])
                self._open_capture(end + 1)
                return
        self._change_flags(start)

    def _open_capture(self, at: int) -> None:
        self._groups.append(Group(self._flags, captures=True))
        self._tokens.append(Token("open", "(?:", "(?:"))
        self._at = at

    def _change_flags(self, start: int) -> None:
        """Read `(?i)`, `(?s-m:` and their like."""
        pattern, at = self._pattern, start + 2
        flags = set(self._flags)
        is_negative = saw_flag = False
        while at < len(pattern):
            char = pattern[at]
            at += 1
            if char in "imsU":
                if is_negative:
                    flags.discard(char)
                else:
                    flags.add(char)
                saw_flag = True
            elif char == "-" and not is_negative:
                is_negative, saw_flag = True, False
            elif char in ":)" and (saw_flag or not is_negative):
                spelled = _spell_flags(flags)
                if char == ":":
                    self._groups.append(Group(self._flags, captures=False))
                    self._tokens.append(Token("open", f"(?{spelled}:", None if flags else "(?:"))
                else:
                    self._tokens.append(Token("flags", f"(?{spelled})", None if flags else ""))
                self._flags = frozenset(flags)
                self._at = at
                return
            else:
                break
        raise RegexpError("invalid or unsupported Perl syntax", pattern[start:at])

    def _close(self) -> None:
        if len(self._groups) == 1:
            raise RegexpError("unexpected )", self._pattern)
        group = self._groups.pop()
        group.end_branch()
        shape = combine(group.branches, len(group.branches) - 1)
        if group.captures:
            shape = Shape(shape.size + 2, shape.height + 1, shape.repeats)
        check_limits(shape, self._pattern)
        self._flags = group.flags
        self._add(Token("close", ")", ")"), shape)

    def _escape(self) -> None:
        pattern, at = self._pattern, self._at
        letter = pattern[at + 1 : at + 2]
        if letter == "Q":
            end = pattern.find(r"\E", at + 2)
            for char in pattern[at + 2 :] if end < 0 else pattern[at + 2 : end]:
                self._literal(char)
            self._at = len(pattern) if end < 0 else end + 2
        elif letter in _ANCHORS:
            self._empty(*_ANCHORS[letter])
            self._at += 2
        elif letter in PERL_CLASSES:
            self._class(Class("\\" + letter, PERL_CLASSES[letter], at + 2))
        elif letter == "p" or letter == "P":
            self._class(read_unicode_class(pattern, at))
        else:
            code, self._at = read_escaped_char(pattern, at)
            self._literal(chr(code))


def _small(digits: str) -> int:
    """Read a count; one that is far too large becomes one that is just too large."""
    return int(digits) if len(digits) < 9 else MAX_REPEAT + 1


def _spell_flags(flags: set[str]) -> str:
    on = "".join(flag for flag in "ims" if flag in flags)
    off = "".join(flag for flag in "ims" if flag not in flags)
    return f"{on}-{off}" if off else on
