"""`&&`, `||`, `==`, `in` over constants and optional alternatives: what does not simply call a function.

Source: cel-go interpreter/interpretable.go (`evalAnd`, `evalOr`, `evalEq`, `evalSetMembership`) and
cel/library.go (`evalOptionalOr`, `evalOptionalOrValue`).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.calls import charge
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.step import Step, labelled, no_such_overload
from policy_engine.cel.libraries.declare import Cost, Value
from policy_engine.cel.values.equality import equal
from policy_engine.cel.values.optional import ABSENT, Optional


@dataclass(slots=True, eq=False, repr=False)
class LogicStep:
    """`a && b`, or `a || b`. The deciding value wins over an error on either side; free.

    deciding: False for `&&`, True for `||`.
    """

    id: int
    terms: tuple[Step, ...]
    deciding: bool

    def evaluate(self, frame: Frame) -> Value:
        """Evaluate terms until one decides."""
        result: Value = not self.deciding
        for term in self.terms:
            value = term.evaluate(frame)
            if value is self.deciding:
                result = value
                break
            if value.__class__ is not bool and result.__class__ is bool:
                result = no_such_overload(value, self.id)
        tracker = frame.tracker
        for term in self.terms:
            tracker.drop(term.id)
        tracker.push(self.id, result)
        return result


@dataclass(slots=True, eq=False, repr=False)
class EqualityStep:
    """`a == b`, or `a != b` where negated."""

    id: int
    left: Step
    right: Step
    negated: bool
    cost: Cost

    def evaluate(self, frame: Frame) -> Value:
        """Compare two values of any types."""
        left = self.left.evaluate(frame)
        right = self.right.evaluate(frame)
        result: Value
        if isinstance(left, EvaluationError):
            result = left
        elif isinstance(right, EvaluationError):
            result = right
        else:
            result = self._compare(left, right)
        charge(frame, self.id, (self.left.id, self.right.id), self.cost, result)
        return result

    def _compare(self, left: Value, right: Value) -> Value:
        try:
            return equal(left, right) is not self.negated
        except EvaluationError as error:
            # `!=` asks whether the comparison came out true, which an error did not.
            return True if self.negated else error


@dataclass(slots=True, eq=False, repr=False)
class MembershipStep:
    """`element in [constants]`: one look into a set. Free, and leaves the element on the stack."""

    id: int
    element: Step
    members: frozenset[Hashable]

    def evaluate(self, frame: Frame) -> Value:
        """Look the element up by its type and value."""
        element = self.element.evaluate(frame)
        result: Value
        if isinstance(element, EvaluationError):
            result = element
        elif element.__class__ is bytes:
            # Go cannot hash a slice and panics: raised, so that nothing in the expression absorbs it.
            raise EvaluationError("internal error: runtime error: hash of unhashable type types.Bytes", self.id)
        else:
            result = member_key(element) in self.members
        frame.tracker.push(self.id, result)
        return result


def member_key(value: Value) -> Hashable:
    """Give what identifies a scalar in a set: 1, 1u, 1.0 and true are different members."""
    class_ = value.__class__
    return (class_, value) if class_.__hash__ is not None else (class_, id(value), None)


@dataclass(slots=True, eq=False, repr=False)
class AlternativeStep:
    """`optional.or(other)`, or `optional.orValue(other)` where unwraps.

    Free, and the alternative is only evaluated if it is needed.
    """

    id: int
    optional: Step
    other: Step
    unwraps: bool

    def evaluate(self, frame: Frame) -> Value:
        """Give the optional if it has a value, else the alternative."""
        value = self.optional.evaluate(frame)
        if value.__class__ is Optional:
            if value.value is ABSENT:
                value = self.other.evaluate(frame)
            elif self.unwraps:
                value = value.value
        # INVARIANT: what is neither an optional nor an error passes through, as dyn lets it get here.
        frame.tracker.push(self.id, labelled(value, self.id))
        return value
