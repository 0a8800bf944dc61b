"""What follows a value in `value.field`, `value[key]` and their optional forms, each charged when applied.

Source: cel-go interpreter/attributes.go (`Qualifier`) and the watchers of interpreter/interpretable.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.lookup import KEY_CLASSES, look_up, missing
from policy_engine.cel.interpreter.natives import through_native
from policy_engine.cel.interpreter.step import labelled
from policy_engine.cel.interpreter.tracker import SELECT_COST
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.display import go_type
from policy_engine.cel.values.optional import ABSENT, NONE, Optional

if TYPE_CHECKING:
    from policy_engine.cel.interpreter.attributes import Attribute

# The Go types that JSON was decoded to: they show as long as nothing has turned them into CEL's.
_INPUT_TYPES: Final = {dict: "map[string]interface {}", list: "[]interface {}", type(None): "<nil>"}


class Qualifier(Protocol):
    """Selects an element of a value."""

    @property
    def id(self) -> int:
        """The id of the node that selects."""
        ...

    @property
    def optional(self) -> bool:
        """Whether it is written with `?`: from here on, what is absent ends the chain without an error."""
        ...

    def select(self, frame: Frame, value: Value) -> Value:
        """Give the element, or an EvaluationError; charged in both cases."""
        ...

    def select_if_present(self, frame: Frame, value: Value) -> Value:
        """Give the element, ABSENT, or an EvaluationError; charged only where there is an element."""
        ...


def apply_qualifiers(frame: Frame, value: Value, qualifiers: tuple[Qualifier, ...]) -> Value:
    """Select step by step. The result is an Optional as soon as the value or one step is optional."""
    optional = False
    if value.__class__ is Optional:
        if value.value is ABSENT:
            return value
        value, optional = through_native(frame, value), True
        if isinstance(value, EvaluationError):
            # INVARIANT: an optional may hold an error, which shows only when its content is asked for.
            return value if qualifiers else Optional(value)
    for qualifier in qualifiers:
        if optional or qualifier.optional:
            optional = True
            value = qualifier.select_if_present(frame, value)
            if value is ABSENT:
                return NONE
        else:
            value = qualifier.select(frame, value)
        if isinstance(value, EvaluationError):
            return value
    return Optional(value) if optional else value


def invalid_key(value: Value, *, from_input: bool = False) -> EvaluationError | None:
    """Give the error for a value that can select nothing in anything; None for one that can."""
    if value.__class__ in KEY_CLASSES:
        return None
    name = _INPUT_TYPES.get(value.__class__) if from_input else None
    return EvaluationError(f"invalid qualifier type: {name or go_type(value)}")


@dataclass(slots=True, eq=False, repr=False)
class ConstantQualifier:
    """`.field`, `['key']` or `[0]`."""

    id: int
    key: Value
    optional: bool = False

    def select(self, frame: Frame, value: Value) -> Value:
        """Give the element; absence is an error."""
        return _charged(frame, self.id, _element(value, self.key))

    def select_if_present(self, frame: Frame, value: Value) -> Value:
        """Give the element, or ABSENT."""
        return _charged_if_present(frame, self.id, look_up(value, self.key))


@dataclass(slots=True, eq=False, repr=False)
class PresenceTest:
    """The last field of `has(value.field)`."""

    id: int
    key: str
    optional: bool = False

    def select(self, frame: Frame, value: Value) -> Value:
        """Tell whether there is an element."""
        found = look_up(value, self.key)
        return _charged(frame, self.id, found if isinstance(found, EvaluationError) else found is not ABSENT)

    def select_if_present(self, frame: Frame, value: Value) -> Value:
        """Give the element, or ABSENT: the chain is optional already, which says enough."""
        return _charged_if_present(frame, self.id, look_up(value, self.key))


@dataclass(slots=True, eq=False, repr=False)
class AttributeQualifier:
    """`[key]` where the key is a variable, or a selection from one."""

    id: int
    attribute: Attribute
    optional: bool = False

    def select(self, frame: Frame, value: Value) -> Value:
        """Give the element; absence is an error."""
        key = _key(frame, self.attribute)
        return _charged(frame, self.id, key if isinstance(key, EvaluationError) else _element(value, key))

    def select_if_present(self, frame: Frame, value: Value) -> Value:
        """Give the element, or ABSENT."""
        key = _key(frame, self.attribute)
        return _charged_if_present(
            frame, self.id, key if isinstance(key, EvaluationError) else look_up(value, key)
        )


@dataclass(slots=True, eq=False, repr=False)
class ComputedQualifier:
    """`[key]` where the key is any other expression.

    It is observed as an attribute of its own, which takes its last result off the stack.
    """

    id: int
    attribute: Attribute
    optional: bool = False

    def select(self, frame: Frame, value: Value) -> Value:
        """Give the element; absence is an error."""
        key = _key(frame, self.attribute)
        result = key if isinstance(key, EvaluationError) else _element(value, key)
        frame.tracker.drop(self.id)
        return _charged(frame, self.id, result)

    def select_if_present(self, frame: Frame, value: Value) -> Value:
        """Give the element, or ABSENT."""
        key = _key(frame, self.attribute)
        result = key if isinstance(key, EvaluationError) else look_up(value, key)
        if result is not ABSENT and not isinstance(result, EvaluationError):
            frame.tracker.drop(self.id)
        return _charged_if_present(frame, self.id, result)


def _key(frame: Frame, attribute: Attribute) -> Value:
    key = attribute.resolve(frame)
    if isinstance(key, EvaluationError):
        return key
    return invalid_key(key, from_input=attribute.is_input) or key


def _element(value: Value, key: Value) -> Value:
    found = look_up(value, key)
    return missing(value, key) if found is ABSENT else found


def _charged(frame: Frame, id_: int, result: Value) -> Value:
    tracker = frame.tracker
    tracker.cost += SELECT_COST
    tracker.push(id_, labelled(result, id_))
    return result


def _charged_if_present(frame: Frame, id_: int, result: Value) -> Value:
    if result is ABSENT or isinstance(result, EvaluationError):
        return labelled(result, id_)
    return _charged(frame, id_, result)
