"""What the interpreter's tests share: an expression evaluated exactly, with all of Kubernetes' libraries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from policy_engine.cel import types as t
from policy_engine.cel.budget import PER_CALL_LIMIT, Meter
from policy_engine.cel.environment import Environment
from policy_engine.cel.interpreter import plan
from policy_engine.cel.measurement import Measurement

Evaluate = Callable[..., Measurement]

OBJECT = {
    "a": 1,
    "d": 1.5,
    "s": "abc",
    "n": None,
    "l": [1, 2, 3],
    "e": [],
    "m": {"x": {"y": "z"}, "k": "v"},
}


@pytest.fixture(scope="session")
def environment() -> Environment:
    """Give an environment with `object` and `variables`, of which nothing is known statically."""
    return Environment.kubernetes("1.36").extend(variables={"object": t.DYN, "variables": t.DYN})


@pytest.fixture(scope="session")
def evaluate(environment: Environment) -> Evaluate:
    """Give a function that plans an expression and evaluates it over OBJECT."""

    def evaluate(
        text: str, *, limit: int = PER_CALL_LIMIT, meter: Meter | None = None, **inputs: Any
    ) -> Measurement:
        planned = plan(environment.check(text), environment.functions)
        return planned.evaluate({"object": OBJECT, **inputs}, limit=limit, meter=meter)

    return evaluate
