"""What has been read of a rule so far."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from policy_engine.cel.syntax.recovery.contexts import Context
from policy_engine.cel.syntax.recovery.network import Rule, State


class Word(NamedTuple):
    """A token in its place, or one made up where it was missing."""

    kind: str
    text: str
    offset: int


class Frame:
    """A rule being read. parts: its words and the results of the rules in it, in order.

    form: which of its alternatives this is, where it has several; -1 before that is known.
    follow: where the calling rule goes on; None for the first rule.
    offset: where it begins. findings: how many there were then, syntax errors aside.
    """

    __slots__ = ("calls", "findings", "follow", "form", "offset", "parts", "precedence", "rule")

    def __init__(
        self,
        rule: Rule,
        *,
        precedence: int,
        follow: State | None,
        calls: Context,
        offset: int,
        findings: int,
    ) -> None:
        self.rule = rule
        self.precedence = precedence
        self.follow = follow
        self.calls = calls
        self.offset = offset
        self.findings = findings
        self.form = -1
        self.parts: list[object] = []


class Reducer(Protocol):
    """Makes one result of what a rule was read as, when it ends."""

    def findings(self) -> int:
        """Count the findings so far."""

    def reduce(self, frame: Frame) -> object:
        """Give the result of a rule."""
