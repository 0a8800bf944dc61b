"""What is worked out while a plan is made: conversions of constants, sets of constants, patterns.

Source: cel-go interpreter/decorators.go (`maybeOptimizeConstUnary`, `maybeOptimizeSetMembership`,
`decRegexOptimizer`).
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.interpreter.calls import CallStep
from policy_engine.cel.interpreter.dispatch import Callee
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.logic import MembershipStep, member_key
from policy_engine.cel.interpreter.step import ConstantStep, Step
from policy_engine.cel.interpreter.tracker import Tracker
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.numbers import INT_MAX, UInt, double_to_int, double_to_uint
from policy_engine.cel.values.optional import Optional
from policy_engine.cel.values.types import TypeValue

# cel-go common/overloads/overloads.go, `IsTypeConversionFunction`.
CONVERSIONS: Final = frozenset(
    {"bool", "bytes", "double", "duration", "dyn", "int", "string", "timestamp", "type", "uint"}
)
# Functions of which the second argument is a pattern that is compiled at once if it is constant.
PATTERN_FUNCTIONS: Final = frozenset({"matches", "find", "findAll"})

_MEMBERS: Final = frozenset({bool, float, int, str, UInt})
_UNBOUNDED: Final = 1 << 62


class InstantiationError(Exception):
    """Refuse an expression whose constants cannot work, before it is ever evaluated."""


@dataclass(slots=True, eq=False, repr=False)
class _OfNativeText:
    """A pattern function whose pattern is known.

    It takes whatever has a native string in it, such as a type or an optional of a string, and refuses
    everything else without a word.
    """

    general: Callee

    def invoke(self, frame: Frame, args: Sequence[Value]) -> Value:
        text = args[0]
        while text.__class__ is Optional:
            text = text.value
        if text.__class__ is TypeValue:
            text = text.name
        if text.__class__ is not str or (len(args) > 2 and args[2].__class__ is not int):
            return NoSuchOverload("no such overload")
        return self.general.invoke(frame, (text, *args[1:]))


def evaluate_without_inputs(step: Step) -> Value:
    """Evaluate a step that reads nothing. Gives an EvaluationError where it fails."""
    return step.evaluate(Frame({}, Tracker(_UNBOUNDED), 0, None))


def fold(call: CallStep) -> Step:
    """Replace a call by what it comes to, where its arguments say that now. Raises InstantiationError."""
    if call.overload_id == "in_list":
        return _fold_membership(call)
    if call.function in CONVERSIONS and len(call.args) == 1 and isinstance(call.args[0], ConstantStep):
        value = evaluate_without_inputs(call)
        if isinstance(value, EvaluationError):
            raise InstantiationError(value.message)
        return ConstantStep(call.id, value)
    if call.function in PATTERN_FUNCTIONS and len(call.args) > 1:
        return _compile_pattern(call)
    return call


def _compile_pattern(call: CallStep) -> Step:
    """Check a constant pattern. The call then stops at its first failed argument, as variadic calls do."""
    pattern = call.args[1]
    if not isinstance(pattern, ConstantStep) or pattern.value.__class__ is not str:
        return call
    from policy_engine.cel.libraries.regexp import compile as compile_pattern

    try:
        compile_pattern(pattern.value)
    except EvaluationError as error:
        raise InstantiationError(error.message) from None
    return replace(call, callee=_OfNativeText(call.callee), stops_at_error=True)


def _fold_membership(call: CallStep) -> Step:
    element, container = call.args
    if not isinstance(container, ConstantStep):
        return call
    if not container.value:
        return ConstantStep(call.id, False)
    members: set[Hashable] = set()
    for value in container.value:
        if value.__class__ not in _MEMBERS:
            return call
        members.update(map(member_key, (value, *_same_numbers(value))))
    return MembershipStep(call.id, element, frozenset(members))


def _same_numbers(value: Value) -> list[Value]:
    """Give the same number in other types. An int becomes a double even where that rounds it."""
    class_ = value.__class__
    if class_ is float:
        candidates = (double_to_int(value), double_to_uint(value))
        return [n for n in candidates if n is not None and float(n) == value]
    if class_ is int:
        return [float(value), UInt(value)] if value >= 0 else [float(value)]
    if class_ is UInt:
        return [float(value), int(value)] if value <= INT_MAX else [float(value)]
    return []
