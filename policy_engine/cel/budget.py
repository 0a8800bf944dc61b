"""What an evaluation may use up: cost units, and wall-clock time."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from policy_engine.cel.errors import DeadlineExceeded, Interrupted

PER_CALL_LIMIT = 1_000_000  # apiserver pkg/apis/cel/config.go, PerCallLimit


class OutOfFuel(Interrupted):
    """Say that compiled code can no longer prove that the cost stays in its limit.

    The cost itself is not known: evaluate again with `Program.measure`.
    """

    message = "cost bound used up"


class CostBound(NamedTuple):
    """An upper bound of what an expression costs, loops apart: constant + per_byte x size of the input in bytes.

    Loops charge the meter when they start, because only then their length is known.
    """

    constant: int
    per_byte: float

    def units(self, size_bytes: int) -> int:
        """Give the bound for an input of this size."""
        return self.constant + math.ceil(self.per_byte * size_bytes)


_SLICE = 20_000  # units of fuel, about a millisecond of work: how often a deadline is looked at


class Meter:
    """What is left for everything that is evaluated with it. Not shared between threads.

    fuel: cost units that compiled code may use up, by its own cautious reckoning, before it has to ask for more.
    clock: gives seconds; with deadline, the moment at which evaluation stops. The core reads no clock itself.
    """

    __slots__ = ("_clock", "_deadline", "_reserve", "fuel")

    def __init__(self, fuel: int, *, clock: Callable[[], float] | None = None, deadline: float = math.inf) -> None:
        self._clock = clock
        self._deadline = deadline
        self.reset(fuel)

    def reset(self, fuel: int) -> None:
        """Start over with this much fuel; the deadline stays."""
        self.fuel = fuel if self._clock is None else min(fuel, _SLICE)
        self._reserve = fuel - self.fuel

    @property
    def left(self) -> int:
        """All the fuel that is left."""
        return self.fuel + self._reserve

    def charge(self, units: int) -> None:
        """Use up fuel. Raises OutOfFuel when none is left, DeadlineExceeded when the time is over."""
        self.fuel -= units
        if self.fuel < 0:
            self.refuel()

    def refuel(self) -> None:
        """Cover a debt of fuel from the reserve, after a look at the clock."""
        self.check()
        debt = -self.fuel
        if debt > self._reserve:
            raise OutOfFuel
        granted = min(self._reserve, debt + _SLICE)
        self._reserve -= granted
        self.fuel += granted

    def check(self) -> None:
        """Raise DeadlineExceeded when the time is over."""
        if self._clock is not None and self._clock() >= self._deadline:
            raise DeadlineExceeded
