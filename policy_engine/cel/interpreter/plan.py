"""Plans: checked expressions turned into steps that can be evaluated again and again."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.cel.budget import Meter
from policy_engine.cel.checker.checked import CheckedExpression
from policy_engine.cel.errors import CostLimitExceeded, EvaluationError, ResultTooLarge
from policy_engine.cel.interpreter.dispatch import Functions
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.planner import Planner
from policy_engine.cel.interpreter.step import Step
from policy_engine.cel.interpreter.tracker import Tracker
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.measurement import Measurement
from policy_engine.records import record


@record
class Plan:
    """An expression ready to be evaluated. Immutable: threads may share it."""

    _root: Step
    _slot_count: int

    def evaluate(self, activation: Mapping[str, Value], *, limit: int, meter: Meter | None = None) -> Measurement:
        """Evaluate exactly, with exact cost, until `limit` is passed.

        activation: variable name -> value; not changed. A value may be a lazy mapping: any object whose
            `__getitem__` gives a field, or raises KeyError or EvaluationError.
        meter: its clock is looked at in loops; its fuel is not used up. Raises DeadlineExceeded.
        """
        tracker = Tracker(limit)
        try:
            value = self._root.evaluate(Frame(activation, tracker, self._slot_count, meter))
        except ResultTooLarge as stop:
            return Measurement(value=None, error=stop, cost=tracker.cost + stop.cost)
        except CostLimitExceeded as stop:
            return Measurement(value=None, error=stop, cost=tracker.cost)
        except RecursionError:
            error = EvaluationError("expression or value nested too deeply to be evaluated")
            return Measurement(value=None, error=error, cost=tracker.cost)
        except EvaluationError as panic:
            # Raised, not returned: where Kubernetes' own evaluator panics, nothing can absorb the error.
            return Measurement(value=None, error=panic, cost=tracker.cost)
        if isinstance(value, EvaluationError):
            return Measurement(value=None, error=value, cost=tracker.cost)
        return Measurement(value=value, error=None, cost=tracker.cost)


def plan(checked: CheckedExpression, functions: Functions) -> Plan:
    """Plan an expression.

    functions: gives every overload of a name, for calls that only values can decide.
    Raises InstantiationError where a constant part cannot work: `int('x')`, `s.matches('(')`.
    """
    planner = Planner(checked, functions)
    root = planner.plan(checked.root)
    return Plan(root, planner.slot_count)
