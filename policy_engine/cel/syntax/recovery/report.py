"""Findings about a malformed text, collected until there are too many."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from policy_engine.cel.errors import Issue
from policy_engine.cel.syntax.tokens import Tokens, Unknown

MAX_ERRORS: Final = 100  # cel-go parser/parser.go, errorReportingLimit

# cel-go rewords this one, so that a keyword where a field's name belongs is called just that.
_KEYWORD_AS_NAME: Final = re.compile("no viable alternative at input '.(true|false|null)'")


class Abandoned(Exception):
    """Stop reading: there is too much wrong with the text."""


class Report:
    """The findings on one text. Pieces that are no tokens are found as reading reaches them."""

    __slots__ = ("_errors", "_offsets", "_reached", "_unknown", "issues")

    def __init__(self, tokens: Tokens, unknown: Sequence[Unknown]) -> None:
        self.issues: list[Issue] = []
        self._offsets = tokens.offsets
        self._unknown = list(reversed(unknown))
        self._errors = 0
        self._reached = -1

    def reach(self, token: int) -> None:
        """Go as far as a token. Raises Abandoned."""
        if token <= self._reached:
            return
        self._reached = token
        while self._unknown and self._unknown[-1].offset < self._offsets[token]:
            piece = self._unknown.pop()
            self._error(f"token recognition error at: '{piece.text}'", piece.offset)

    def error(self, message: str, token: int) -> None:
        """Add a syntax error at a token. Raises Abandoned."""
        self._error(
            _KEYWORD_AS_NAME.sub(r"mismatched input '\1' expecting IDENTIFIER", message), self._offsets[token]
        )

    def abandon(self, message: str) -> Abandoned:
        """Add a finding that has no place, and give what to raise."""
        self.issues.append(Issue(message=message, offset=-1))
        return Abandoned()

    def _error(self, message: str, offset: int) -> None:
        self._errors += 1
        if self._errors > MAX_ERRORS:
            self.issues.append(Issue(message=f"Syntax error: More than {MAX_ERRORS} syntax errors", offset=offset))
            raise Abandoned
        self.issues.append(Issue(message=f"Syntax error: {message}", offset=offset))
