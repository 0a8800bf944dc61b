"""A compiled expression: run it fast, or measure exactly what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from policy_engine.cel.budget import PER_CALL_LIMIT, CostBound, Meter
from policy_engine.cel.checker import CheckedExpression
from policy_engine.cel.compiler import Bounds, Compiled, Unsupported, bound_cost, translate
from policy_engine.cel.inputs import reads
from policy_engine.cel.interpreter import Plan
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.measurement import Measurement
from policy_engine.cel.source import Source
from policy_engine.cel.types import Type


@dataclass(frozen=True)
class Program:
    """An expression that can be evaluated, by many threads at once.

    It has two evaluators. `run` tries the compiled form: optimistic, with no account of its cost beyond a bound.
    Where that raises anything, the interpreter evaluates the expression again, and its answer counts; `measure`
    asks the interpreter at once, which accounts for every unit. docs/adr/0001 tells why.

    sizes: an upper bound of the size of variables that are no part of the input (`variables.x`).
    """

    checked: CheckedExpression
    plan: Plan
    sizes: Mapping[str, CostBound]

    @property
    def source(self) -> Source:
        """The text."""
        return self.checked.source

    @property
    def type(self) -> Type:
        """The static type of the result."""
        return self.checked.type

    @cached_property
    def reads(self) -> frozenset[str]:
        """The variables and their first fields that the expression may read: `object`, `request.userInfo`, ..."""
        return reads(self.checked)

    @cached_property
    def _bounds(self) -> Bounds:
        return bound_cost(self.checked, self.sizes)

    @property
    def bound(self) -> CostBound:
        """What the expression costs at most, but for what it charges the meter while it runs."""
        return self._bounds.total

    @property
    def size(self) -> CostBound | None:
        """The size of the result at most; None where it is not known."""
        return self._bounds.size

    @cached_property
    def compiled(self) -> Compiled | None:
        """The compiled form, made when it is first wanted; None where there is none."""
        try:
            return translate(self.checked, self._bounds)
        except Unsupported:
            return None

    def run(self, activation: Mapping[str, Value], meter: Meter, *, limit: int = PER_CALL_LIMIT) -> Value:
        """Evaluate the expression.

        meter: the caller has charged it with `bound` before, of which compiled code keeps no account.
        limit: of the cost, where the compiled form cannot give the answer and it is counted.
        activation: variable name -> value; not changed. Raises EvaluationError, and Interrupted: OutOfFuel where
        its cost cannot be bounded (use `measure`), CostLimitExceeded, DeadlineExceeded.
        """
        compiled = self.compiled
        if compiled is not None:
            try:
                return compiled(activation, meter)
            except Exception:  # whatever it was, the interpreter knows what it means
                pass
        measured = self.measure(activation, limit=limit, meter=meter)
        meter.charge(measured.cost)
        if measured.error is not None:
            raise measured.error
        return measured.value

    def measure(
        self,
        activation: Mapping[str, Value],
        *,
        limit: int = PER_CALL_LIMIT,
        meter: Meter | None = None,
    ) -> Measurement:
        """Evaluate the expression exactly, with its cost. Raises DeadlineExceeded."""
        return self.plan.evaluate(activation, limit=limit, meter=meter)
