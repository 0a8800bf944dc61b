"""Comprehensions: the loops that macros expand to.

Source: cel-go interpreter/interpretable.go (`evalFold`, `folder`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.frame import UNSET, Frame
from policy_engine.cel.interpreter.step import Step, labelled
from policy_engine.cel.interpreter.variables import Accumulator
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.display import go_type
from policy_engine.cel.values.maps import KeyedMap


@dataclass(slots=True, eq=False, repr=False, kw_only=True)
class FoldStep:
    """One comprehension. Free: the cost is in its parts.

    slot, slot2: of the iteration variables; slot2 is None where there is one only.
    """

    id: int
    iter_range: Step
    accumulator: Accumulator
    slot: int
    slot2: int | None
    condition: Step
    step: Step
    result: Step

    def evaluate(self, frame: Frame) -> Value:
        """Fold the range. An error in the accumulator does not end the loop: a later round may absorb it."""
        iterated = self.iter_range.evaluate(frame)
        result = iterated if isinstance(iterated, EvaluationError) else self._fold(frame, iterated)
        tracker = frame.tracker
        tracker.drop(self.iter_range.id)
        tracker.push(self.id, labelled(result, self.id))
        return result

    def _fold(self, frame: Frame, iterated: Value) -> Value:
        class_ = iterated.__class__
        if class_ is not list and class_ is not dict and class_ is not KeyedMap:
            if self.slot2 is None:
                return EvaluationError(f"got '{go_type(iterated)}', expected iterable type", self.id)
            return EvaluationError(f"unsupported comprehension range type: {go_type(iterated)}", self.id)
        accumulator = self.accumulator
        frame.slots[accumulator.slot] = UNSET
        frame.growing.discard(accumulator.slot)
        if self.slot2 is None:
            self._rounds(frame, iterated)
        else:
            self._paired_rounds(frame, enumerate(iterated) if class_ is list else iterated.items())
        return self.result.evaluate(frame)

    def _rounds(self, frame: Frame, iterated: Iterable[Value]) -> None:
        slots, slot, accumulated = frame.slots, self.slot, self.accumulator.slot
        evaluate_condition, evaluate_step = self.condition.evaluate, self.step.evaluate
        for element in iterated:
            slots[slot] = element
            if evaluate_condition(frame) is False:
                break
            slots[accumulated] = evaluate_step(frame)
            frame.count_round()

    def _paired_rounds(self, frame: Frame, iterated: Iterable[tuple[Value, Value]]) -> None:
        slots, slot, slot2, accumulated = frame.slots, self.slot, self.slot2, self.accumulator.slot
        assert slot2 is not None
        evaluate_condition, evaluate_step = self.condition.evaluate, self.step.evaluate
        for slots[slot], slots[slot2] in iterated:
            if evaluate_condition(frame) is False:
                break
            slots[accumulated] = evaluate_step(frame)
            frame.count_round()
