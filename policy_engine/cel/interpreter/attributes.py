"""Variables, and selections from values, which are resolved in one go.

Source: cel-go interpreter/attributes.go (`absoluteAttribute`, `relativeAttribute`, `conditionalAttribute`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.qualifiers import Qualifier, apply_qualifiers
from policy_engine.cel.interpreter.step import Step, labelled, no_such_overload
from policy_engine.cel.interpreter.tracker import SELECT_COST, Tracker
from policy_engine.cel.interpreter.variables import Variable
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.optional import ABSENT, Optional


class Attribute(Protocol):
    """A value with selections from it."""

    @property
    def id(self) -> int:
        """The node id of the last selection, or the one it was made with."""
        ...

    @property
    def is_input(self) -> bool:
        """Whether the value comes straight out of an input: error messages can tell."""
        ...

    def with_qualifier(self, qualifier: Qualifier) -> Attribute:
        """Give the attribute with one selection more."""
        ...

    def resolve(self, frame: Frame) -> Value:
        """Give the value, or an EvaluationError. Charges for the selections, not for the attribute itself."""
        ...

    def charge(self, tracker: Tracker) -> None:
        """Charge for the attribute itself, when it is evaluated as an expression of its own."""
        ...


@dataclass(slots=True, eq=False, repr=False)
class PathAttribute:
    """A variable, or the value of any other expression, with selections: `object.metadata.name`, `f(x).name`."""

    root_id: int
    variable: Variable
    qualifiers: tuple[Qualifier, ...] = ()

    @property
    def id(self) -> int:
        """The id of the last selection, or of what it starts with."""
        return self.qualifiers[-1].id if self.qualifiers else self.root_id

    @property
    def is_input(self) -> bool:
        """Whether it is read from an input."""
        return self.variable.is_input

    def with_qualifier(self, qualifier: Qualifier) -> PathAttribute:
        """Give the attribute with one selection more."""
        return replace(self, qualifiers=(*self.qualifiers, qualifier))

    def resolve(self, frame: Frame) -> Value:
        """Read the variable and select."""
        value = self.variable.read(frame)
        if isinstance(value, EvaluationError) or not (self.qualifiers or value.__class__ is Optional):
            return value
        return apply_qualifiers(frame, value, self.qualifiers)

    def charge(self, tracker: Tracker) -> None:
        """Charge for a name; what is computed costs as much."""
        tracker.drop(self.id)
        tracker.cost += SELECT_COST


@dataclass(slots=True, eq=False, repr=False)
class ConditionalAttribute:
    """`condition ? a : b`. Selections from it are selections from both branches; it is free itself.

    The branches are attributes too, so a variable in one is not charged as a name.
    """

    root_id: int
    condition: Step
    truthy: Attribute
    falsy: Attribute
    is_input = False

    @property
    def id(self) -> int:
        """The id of the last selection from it, or its own."""
        return self.truthy.id if self.truthy.id == self.falsy.id else self.root_id

    def with_qualifier(self, qualifier: Qualifier) -> ConditionalAttribute:
        """Give the attribute with one selection more."""
        return replace(
            self,
            truthy=self.truthy.with_qualifier(qualifier),
            falsy=self.falsy.with_qualifier(qualifier),
        )

    def resolve(self, frame: Frame) -> Value:
        """Resolve the branch that the condition picks."""
        condition = self.condition.evaluate(frame)
        if condition is True:
            return self.truthy.resolve(frame)
        if condition is False:
            return self.falsy.resolve(frame)
        return no_such_overload(condition, 0)

    def charge(self, tracker: Tracker) -> None:
        """Take the condition and the branches off the stack."""
        tracker.drop(self.falsy.id)
        tracker.drop(self.truthy.id)
        tracker.drop(self.condition.id)


class AttributeStep:
    """An attribute evaluated as an expression.

    presence_test: it ends in a PresenceTest (`has`), for which the attribute itself is free.
    """

    __slots__ = ("attribute", "id", "presence_test")

    def __init__(self, attribute: Attribute, *, presence_test: bool = False) -> None:
        self.attribute = attribute
        self.id = attribute.id
        self.presence_test = presence_test

    def evaluate(self, frame: Frame) -> Value:
        """Resolve and charge."""
        value = self.attribute.resolve(frame)
        tracker = frame.tracker
        self.attribute.charge(tracker)
        if self.presence_test:
            tracker.cost -= SELECT_COST
            if value.__class__ is Optional:
                value = value.value is not ABSENT
        tracker.push(self.id, labelled(value, self.id))
        return value
