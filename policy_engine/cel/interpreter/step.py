"""What a plan is made of: steps that evaluate to a value, or to an error, and charge for it.

Steps are never changed once planned. Their classes are not frozen and compare by identity all the same:
a frozen dataclass takes three times as long to make, and these are made at every start of a program.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.libraries.declare import Value


class Step(Protocol):
    """One planned node.

    INVARIANT: a step returns errors as values. CEL goes on after an error (the other operand is evaluated,
    the call is charged, a loop takes its next round), and what it costs until it ends is part of the answer.
    An EvaluationError that is raised ends the whole evaluation, as a panic does in Kubernetes.
    """

    @property
    def id(self) -> int:
        """The node id under which the result is pushed."""
        ...

    def evaluate(self, frame: Frame) -> Value:
        """Give the value, or an EvaluationError object."""
        ...


@dataclass(slots=True, eq=False, repr=False)
class ConstantStep:
    """A value known when the plan is made. Free."""

    id: int
    value: Value

    def evaluate(self, frame: Frame) -> Value:
        """Give the constant."""
        frame.tracker.push(self.id, self.value)
        return self.value


def no_such_overload(value: Value, id_: int) -> EvaluationError:
    """Give the error for a value that has no business where it is; an error stays what it is."""
    return value if isinstance(value, EvaluationError) else NoSuchOverload("no such overload", id_)


def labelled(result: Value, id_: int) -> Value:
    """Note in an error which node failed, unless it knows."""
    if isinstance(result, EvaluationError) and not result.node_id:
        result.node_id = id_
    return result
