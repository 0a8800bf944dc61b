"""Composed variables: `variables.x` is evaluated when it is first read, once in every phase.

Source: k8s.io/apiserver pkg/admission/plugin/cel/composition.go and pkg/cel/lazy/lazy.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from policy_engine.admission.escaping import unescape
from policy_engine.admission.expressions import Expression
from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.program import Program

Evaluate = Callable[[Program, dict[str, Value]], Value]


class LazyVariables(dict[str, Value]):
    """The value of `variables` in one phase. Values that are there already cost a dict lookup.

    A name that was never declared raises KeyError; one that cannot be had raises EvaluationError, again and
    again, though it is evaluated once. Belongs to one evaluation: not shared between threads.
    """

    __slots__ = ("_activation", "_declared", "_evaluate", "_failures")

    def __init__(
        self, declared: Mapping[str, Expression], activation: dict[str, Value], evaluate: Evaluate
    ) -> None:
        super().__init__()
        self._declared = declared
        self._activation = activation
        self._evaluate = evaluate
        self._failures: dict[str, str] | None = None

    def __missing__(self, name: str) -> Value:
        variable = self._declared[name if "__" not in name else unescape(name) or ""]
        if self._failures is not None and name in self._failures:
            raise EvaluationError(self._failures[name])
        if variable.program is None:
            self._fail(name, f'composited variable "{name}" fails to compile: {variable.problem}')
        try:
            value = self[name] = self._evaluate(variable.program, self._activation)
        except EvaluationError as error:
            self._fail(name, f'composited variable "{name}" fails to evaluate: {error.message}')
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and unescape(name) in self._declared

    def _fail(self, name: str, message: str) -> NoReturn:
        if self._failures is None:
            self._failures = {}
        self._failures[name] = message
        raise EvaluationError(message) from None
