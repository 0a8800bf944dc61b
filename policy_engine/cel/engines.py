"""A second opinion: any engine that can evaluate an expression, behind one small Protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CompileError
from policy_engine.cel.libraries.declare import Value
from policy_engine.records import record


@record
class Opinion:
    """What an engine made of an expression: a value, or the text of an error (the value is None then)."""

    value: Value = None
    error: str | None = None


class Engine(Protocol):
    """Evaluates expressions over plain JSON values."""

    name: str

    def evaluate(self, text: str, activation: Mapping[str, Value]) -> Opinion:
        """Evaluate one expression; errors, of compilation too, are opinions. Never raises for a bad expression."""
        ...


class PolgateEngine:
    """This project's own engine as one among others."""

    name = "polgate"

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def evaluate(self, text: str, activation: Mapping[str, Value]) -> Opinion:
        """Compile and evaluate exactly."""
        try:
            measured = self._environment.compile(text).measure(activation)
        except CompileError as error:
            return Opinion(error=error.message)
        if measured.error is not None:
            return Opinion(error=measured.error.message)
        return Opinion(value=measured.value)
