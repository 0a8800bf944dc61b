"""The limit of costs and the deadline: nothing that an expression does with errors can absorb them."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.budget import Meter
from policy_engine.cel.errors import CostLimitExceeded, DeadlineExceeded, Interrupted
from policy_engine.cel.program import Program

LIMIT = 50_000  # enough to show it; the real one takes seconds to reach
ENVIRONMENT = admission_environment("1.36")
EXPENSIVE = "object.l.all(a, object.l.all(b, object.l.all(c, a + b + c > -1)))"
ABSORBING = [
    f"{EXPENSIVE} || true",
    f"!({EXPENSIVE} && false)",
    f"[1, 2].exists(x, x == 2 || {EXPENSIVE})",
    f"![1, 2].all(x, x != 2 && {EXPENSIVE})",
    f"[1].exists_one(x, {EXPENSIVE} || x == 1)",
    f"optional.of({EXPENSIVE}).orValue(true)",
    f"({EXPENSIVE} ? 1 : 2) == 1 || true",
]
INPUTS = {"object": {"l": list(range(300))}}


@pytest.mark.parametrize("text", ABSORBING)
def test_nothing_absorbs_the_limit_of_costs(text: str) -> None:
    program = ENVIRONMENT.compile(text)
    assert isinstance(program.measure(INPUTS, limit=LIMIT).error, CostLimitExceeded)
    with pytest.raises(Interrupted):
        program.run(INPUTS, Meter(LIMIT))


@pytest.mark.parametrize("text", ABSORBING)
def test_nothing_absorbs_the_deadline(text: str) -> None:
    program = ENVIRONMENT.compile(text)
    ticks = count()
    with pytest.raises(DeadlineExceeded):
        program.run(INPUTS, Meter(10 * LIMIT, clock=lambda: float(next(ticks)), deadline=3))
    with pytest.raises(DeadlineExceeded):
        program.measure(INPUTS, limit=10 * LIMIT, meter=Meter(0, clock=lambda: 1.0, deadline=0.5))


@pytest.mark.parametrize(
    "doubled",
    ["a + a", "'%s%s'.format([a, a])", "[a, a].join()", "a.replace('', 'ab')", "('x' + a) + ('x' + a)"],
)
def test_nothing_lets_a_text_double_for_ever(doubled: str) -> None:
    text = "[object.s]" + f".map(a, {doubled})" * 40 + ".size() == 1 || true"
    program = ENVIRONMENT.compile(text)
    inputs = {"object": {"s": "x" * 100}}
    assert isinstance(program.measure(inputs, limit=LIMIT).error, CostLimitExceeded)
    with pytest.raises(Interrupted):
        _run_within(program, inputs, Meter(LIMIT))


def _run_within(program: Program, inputs: dict[str, Any], meter: Meter) -> None:
    meter.charge(program.bound.units(size_bytes=200))
    program.run(inputs, meter)
