"""Lists, maps and messages written in an expression.

Source: cel-go interpreter/interpretable.go (`evalList`, `evalMap`, `evalObj`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.step import Step, labelled
from policy_engine.cel.interpreter.tracker import LIST_COST, MAP_COST, STRUCT_COST
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.display import go_text
from policy_engine.cel.values.maps import make_map
from policy_engine.cel.values.optional import ABSENT, Optional


@dataclass(slots=True, eq=False, repr=False)
class ListStep:
    """`[a, ?b]`. optional: the positions written with `?`."""

    id: int
    elements: tuple[Step, ...]
    optional: frozenset[int]
    element_ids: tuple[int, ...]

    def evaluate(self, frame: Frame) -> Value:
        """Build the list; the first error ends it."""
        return _charged(frame, self.id, self.element_ids, LIST_COST, self._build(frame))

    def _build(self, frame: Frame) -> Value:
        values: list[Value] = []
        for index, element in enumerate(self.elements):
            value = element.evaluate(frame)
            if isinstance(value, EvaluationError):
                return value
            if index in self.optional:
                if value.__class__ is not Optional:
                    return EvaluationError(
                        f"cannot initialize optional list element from non-optional value {go_text(value)}",
                        self.id,
                    )
                value = value.value
                if value is ABSENT:
                    continue
            values.append(value)
        return values


@dataclass(slots=True, eq=False, repr=False)
class EntryStep:
    """`key: value` or `?key: value`."""

    key: Step
    value: Step
    optional: bool


@dataclass(slots=True, eq=False, repr=False)
class MapStep:
    """`{k: v, ?k: o}`."""

    id: int
    entries: tuple[EntryStep, ...]
    entry_ids: tuple[int, ...]

    def evaluate(self, frame: Frame) -> Value:
        """Build the map; the first error ends it."""
        return _charged(frame, self.id, self.entry_ids, MAP_COST, self._build(frame))

    def _build(self, frame: Frame) -> Value:
        pairs: list[tuple[Value, Value]] = []
        for entry in self.entries:
            key = entry.key.evaluate(frame)
            if isinstance(key, EvaluationError):
                return key
            value = entry.value.evaluate(frame)
            if isinstance(value, EvaluationError):
                return value
            if entry.optional:
                if value.__class__ is not Optional:
                    return _not_optional(go_text(key), value, self.id)
                value = value.value  # ABSENT takes an earlier entry out again
            pairs.append((key, value))
        return make_map(pairs)


@dataclass(slots=True, eq=False, repr=False)
class FieldStep:
    """`name: value` or `?name: value`."""

    name: str
    value: Step
    optional: bool


@dataclass(slots=True, eq=False, repr=False)
class StructStep:
    """`google.protobuf.Duration{seconds: 1}`.

    make: turns the fields into a value; may raise EvaluationError.
    """

    id: int
    make: Callable[[Mapping[str, Value]], Value]
    fields: tuple[FieldStep, ...]
    field_ids: tuple[int, ...]

    def evaluate(self, frame: Frame) -> Value:
        """Build the message; the first error ends it."""
        return _charged(frame, self.id, self.field_ids, STRUCT_COST, labelled(self._build(frame), self.id))

    def _build(self, frame: Frame) -> Value:
        values: dict[str, Value] = {}
        for field in self.fields:
            value = field.value.evaluate(frame)
            if isinstance(value, EvaluationError):
                return value
            if field.optional:
                if value.__class__ is not Optional:
                    return _not_optional(field.name, value, self.id)
                value = value.value
                if value is ABSENT:
                    values.pop(field.name, None)
                    continue
            values[field.name] = value
        try:
            return self.make(values)
        except EvaluationError as error:
            return error


def _charged(frame: Frame, id_: int, part_ids: Sequence[int], cost: int, result: Value) -> Value:
    """Take the parts off the stack, charge for what was made of them, and give it."""
    tracker = frame.tracker
    tracker.take(part_ids)
    tracker.cost += cost
    tracker.push(id_, result)
    return result


def _not_optional(entry: str, value: Value, id_: int) -> EvaluationError:
    return EvaluationError(
        f"cannot initialize optional entry '{entry}' from non-optional value {go_text(value)}", id_
    )
