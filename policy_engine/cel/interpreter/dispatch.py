"""Which implementation a call runs: chosen by the checker, or by the values' types.

Source: cel-go common/decls/decls.go (`Bindings`) and interpreter/planner.go (`planCall`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.libraries.declare import NOMINAL, Cost, Implementation, Overload, Value
from policy_engine.cel.values.dispatch import no_such_overload
from policy_engine.cel.values.typing import matches

Functions = Callable[[str], tuple[Overload, ...]]
"""Gives every overload of a function name."""

_BOUND_AS_VARIADIC: Final = frozenset({"format"})  # of two arguments, yet bound like functions of three and more


class Callee(Protocol):
    """Something to call with evaluated arguments, none of which is an error."""

    def invoke(self, frame: Frame, args: Sequence[Value]) -> Value:
        """Give the result, or an EvaluationError."""
        ...


@dataclass(slots=True, eq=False, repr=False)
class Direct:
    """One implementation that looks at the types of its arguments itself."""

    implementation: Implementation

    def invoke(self, frame: Frame, args: Sequence[Value]) -> Value:
        """Call it."""
        try:
            return self.implementation(*args)
        except EvaluationError as error:
            return error


@dataclass(slots=True, eq=False, repr=False)
class Guarded:
    """Overloads of which the first that takes the arguments runs."""

    function: str
    overloads: tuple[Overload, ...]

    def invoke(self, frame: Frame, args: Sequence[Value]) -> Value:
        """Call the overload for these types; refuse the call where there is none."""
        for overload in self.overloads:
            params = overload.params
            if len(params) == len(args) and all(map(matches, params, args)):
                assert overload.implementation is not None
                try:
                    return overload.implementation(*args)
                except EvaluationError as error:
                    return error
        return no_such_overload(self.function, args)


def callee(function: str, resolved: tuple[Overload, ...], functions: Functions) -> Callee:
    """Find what a call runs. resolved: what the checker left to choose from, at least one.

    Where it left several, any overload of that name may turn out to be the one.
    """
    implementation = resolved[0].implementation
    if implementation is not None and not resolved[0].guarded:
        return Direct(implementation)
    candidates = resolved if len(resolved) == 1 else functions(function)
    return Guarded(function, tuple(o for o in candidates if o.implementation is not None))


def stops_at_first_error(function: str, resolved: tuple[Overload, ...]) -> bool:
    """Tell whether arguments after a failed one are left unevaluated.

    Source: cel-go interpreter/interpretable.go: `evalVarArgs` stops, `evalUnary` and `evalBinary` do not.
    """
    if len(resolved[0].params) > 2 or function in _BOUND_AS_VARIADIC:
        return True
    return len(resolved) > 1 and resolved[0].guarded


def call_cost(resolved: tuple[Overload, ...]) -> Cost:
    """Give what a call costs of which the checker left these overloads.

    Without an overload id only the function's name counts.
    Source: cel-go interpreter/runtimecost.go, `costCall`.
    """
    if len(resolved) == 1:
        return resolved[0].cost
    return next((o.cost for o in resolved if o.cost.of_function), NOMINAL)
