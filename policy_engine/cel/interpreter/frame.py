"""The state of one evaluation. Plans hold none, so that threads can share them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from policy_engine.cel.budget import Meter
from policy_engine.cel.interpreter.tracker import Tracker
from policy_engine.cel.libraries.declare import Value

ROUNDS_BETWEEN_CHECKS: Final = 100  # apiserver pkg/apis/cel/config.go, CheckFrequency


class Unset:
    """The class of UNSET."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = Unset()
"""Fills a slot whose variable has no value (yet); never a CEL value."""


class Frame:
    """What an evaluation reads and writes: the inputs, the variables of its loops, its costs and its clock.

    slots: the variables of comprehensions, each loop at fixed places.
    growing: the slots whose accumulator is a list that belongs to this evaluation and may grow in place.
    joined: the lists that `+` has made, by identity, in expressions where that matters.
    """

    __slots__ = ("_rounds", "activation", "growing", "joined", "meter", "slots", "tracker")

    def __init__(
        self, activation: Mapping[str, Value], tracker: Tracker, slot_count: int, meter: Meter | None
    ) -> None:
        self.activation = activation
        self.tracker = tracker
        self.slots: list[Value] = [UNSET] * slot_count
        self.growing: set[int] = set()
        self.joined: dict[int, list[Value]] = {}
        self.meter = meter
        self._rounds = 0

    def count_round(self) -> None:
        """Count one round of a loop; look at the clock now and then. Raises DeadlineExceeded."""
        self._rounds += 1
        if self._rounds % ROUNDS_BETWEEN_CHECKS == 0 and self.meter is not None:
            self.meter.check()
