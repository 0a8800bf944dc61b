"""Function and operator calls.

Source: cel-go interpreter/interpretable.go (`evalZeroArity`, `evalUnary`, `evalBinary`, `evalVarArgs`).
"""

from __future__ import annotations

from dataclasses import dataclass

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.dispatch import Callee
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.step import Step, labelled
from policy_engine.cel.libraries.declare import Cost, Value


@dataclass(slots=True, eq=False, repr=False)
class CallStep:
    """A call. All arguments are evaluated and charged, also after one has failed, unless stops_at_error.

    function, overload_id: what was called; overload_id is empty where the checker left more than one.
    """

    id: int
    function: str
    overload_id: str
    args: tuple[Step, ...]
    arg_ids: tuple[int, ...]
    callee: Callee
    cost: Cost
    stops_at_error: bool

    def evaluate(self, frame: Frame) -> Value:
        """Evaluate the arguments, call, and charge: a failed call is charged too."""
        result: Value = None
        failed = False
        values: list[Value] = []
        for arg in self.args:
            value = arg.evaluate(frame)
            if isinstance(value, EvaluationError) and not failed:
                result, failed = value, True
                if self.stops_at_error:
                    break
            values.append(value)
        if not failed:
            result = labelled(self.callee.invoke(frame, values), self.id)
        charge(frame, self.id, self.arg_ids, self.cost, result)
        return result


@dataclass(slots=True, eq=False, repr=False)
class NotStrictlyFalse:
    """The condition of `all` and `exists`: true for an error, which a later round may outweigh."""

    id: int
    arg: Step
    cost: Cost

    def evaluate(self, frame: Frame) -> Value:
        """Evaluate the argument and forget its errors."""
        value = self.arg.evaluate(frame)
        result = value if value.__class__ is bool else True
        charge(frame, self.id, (self.arg.id,), self.cost, result)
        return result


def charge(frame: Frame, id_: int, arg_ids: tuple[int, ...], cost: Cost, result: Value) -> None:
    """Charge for a call, if its arguments can be found on the stack, and push its result."""
    tracker = frame.tracker
    args = tracker.take(arg_ids)
    if args is not None:
        units = cost.constant
        tracker.cost += cost.actual(args, result) if units is None else units
    tracker.push(id_, result)
