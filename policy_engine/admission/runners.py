"""Two ways to evaluate a policy's expressions: fast under a bound, or exactly under Kubernetes' budgets."""

from __future__ import annotations

from typing import Protocol

from policy_engine.cel.budget import PER_CALL_LIMIT, Meter, OutOfFuel
from policy_engine.cel.errors import CostLimitExceeded, DeadlineExceeded, EvaluationError
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.measurement import Measurement
from policy_engine.cel.program import Program

# Source: k8s.io/apiserver pkg/apis/cel/config.go
BINDING_BUDGET = 10_000_000  # RuntimeCELCostBudget
MATCH_CONDITIONS_BUDGET = 2_500_000  # RuntimeCELCostBudgetMatchConditions

OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


class OutOfBudget(Exception):
    """Say that the expressions of one phase together cost more than they may."""

    message = OUT_OF_BUDGET


class Runner(Protocol):
    """Evaluates the expressions of one policy, binding and param.

    exact: it accounts for every unit, so nothing that the API server evaluates may be left out.
    """

    exact: bool

    def begin(self, budget: int) -> None:
        """Start a phase with a budget of its own."""

    def resume(self) -> None:
        """Start a phase with what the one before left of its budget."""

    def run(self, program: Program, activation: dict[str, Value]) -> Value:
        """Evaluate an expression. Raises: EvaluationError, OutOfBudget, OutOfFuel."""

    def run_variable(self, program: Program, activation: dict[str, Value]) -> Value:
        """Evaluate a variable that an expression reads. Raises: EvaluationError, OutOfFuel."""


class FastRunner:
    """Evaluates compiled code. As long as the meter lasts, no limit of Kubernetes can have been passed."""

    __slots__ = ("_meter",)
    exact = False

    def __init__(self, meter: Meter) -> None:
        self._meter = meter

    def begin(self, budget: int) -> None:
        """Do nothing: the meter is smaller than any budget."""

    def resume(self) -> None:
        """Do nothing."""

    def run(self, program: Program, activation: dict[str, Value]) -> Value:
        """Evaluate an expression."""
        try:
            return program.run(activation, self._meter)
        except DeadlineExceeded as error:
            raise EvaluationError(error.message) from None
        except CostLimitExceeded:
            raise OutOfFuel from None

    run_variable = run


class ExactRunner:
    """Evaluates with the interpreter and spends what the API server would spend.

    Source: k8s.io/apiserver pkg/admission/plugin/cel/activation.go, `Evaluate`.
    """

    __slots__ = ("_left", "_meter", "_variables")
    exact = True

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._left = 0
        self._variables = 0

    def begin(self, budget: int) -> None:
        """Start a phase with a budget of its own."""
        self._left = budget
        self._variables = 0

    def resume(self) -> None:
        """Go on with what is left of the budget."""
        self._variables = 0

    def run(self, program: Program, activation: dict[str, Value]) -> Value:
        """Evaluate an expression and spend its cost, and that of the variables it was the first to read."""
        try:
            measured = program.measure(activation, limit=PER_CALL_LIMIT, meter=self._meter)
        except DeadlineExceeded as error:
            raise EvaluationError(error.message) from None
        spent, self._variables = self._variables + measured.cost, 0
        if spent > self._left:
            raise OutOfBudget
        self._left -= spent
        return _value(measured)

    def run_variable(self, program: Program, activation: dict[str, Value]) -> Value:
        """Evaluate a variable; its cost is spent with the expression that reads it."""
        measured = program.measure(activation, limit=PER_CALL_LIMIT, meter=self._meter)
        self._variables += measured.cost
        return _value(measured)


def _value(measured: Measurement) -> Value:
    error = measured.error
    if error is None:
        return measured.value
    # A limit that was passed is an error of this one expression.
    raise error if isinstance(error, EvaluationError) else EvaluationError(error.message)
