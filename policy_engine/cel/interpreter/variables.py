"""Where selections start: at the inputs, at the comprehensions around them, at any other expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.frame import UNSET, Frame
from policy_engine.cel.interpreter.step import Step
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.optional import ABSENT


class Variable(Protocol):
    """Where a name, or what stands in the place of one, gets its value from."""

    @property
    def is_input(self) -> bool:
        """Whether it is a variable of the activation."""
        ...

    def read(self, frame: Frame) -> Value:
        """Give the value, or an EvaluationError."""
        ...


@dataclass(slots=True, eq=False, repr=False)
class InputVariable:
    """A variable of the activation."""

    name: str
    is_input = True

    def read(self, frame: Frame) -> Value:
        """Give the input of this name."""
        value = frame.activation.get(self.name, ABSENT)
        return EvaluationError(f"no such attribute(s): {self.name}") if value is ABSENT else value


@dataclass(slots=True, eq=False, repr=False)
class IterationVariable:
    """The element, key, index or value of a comprehension's current round."""

    slot: int
    is_input = False

    def read(self, frame: Frame) -> Value:
        """Give what the current round is about."""
        return frame.slots[self.slot]


@dataclass(slots=True, eq=False, repr=False)
class Accumulator:
    """The accumulator of a comprehension: computed when it is read first, which may be never.

    An accumulator that starts empty may grow in place: see `growth.Growing`.
    """

    slot: int
    initial: Step
    is_input = False

    def read(self, frame: Frame) -> Value:
        """Give what has been accumulated."""
        value = frame.slots[self.slot]
        if value is UNSET:
            value = self.initial.evaluate(frame)
            if (value.__class__ is list or value.__class__ is dict) and not value:
                value = value.copy()
                frame.growing.add(self.slot)
            frame.slots[self.slot] = value
        return value


@dataclass(slots=True, eq=False, repr=False)
class Computed:
    """An expression that is no name, in the place of one: the `f(x)` of `f(x).name`."""

    operand: Step
    is_input = False

    def read(self, frame: Frame) -> Value:
        """Evaluate the expression."""
        return self.operand.evaluate(frame)
