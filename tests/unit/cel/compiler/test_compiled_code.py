"""Compiled code: what it refuses to be certain of, and what it never lets out."""

from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.budget import Meter, OutOfFuel
from policy_engine.cel.compiler.runtime import GiveUp
from policy_engine.cel.errors import DeadlineExceeded, EvaluationError

ENVIRONMENT = admission_environment("1.36")
PLENTY = 1 << 40


def run(text: str, value: Any, fuel: int = PLENTY) -> Any:
    compiled = ENVIRONMENT.compile(text).compiled
    assert compiled is not None
    return compiled({"object": value}, Meter(fuel))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("object == 1 || true", True),
        ("object && true", 1),
        ("object[0] == 'a'", "abc"),
        ("object.x.startsWith('a')", {"x": 1}),
        ("has(object.x)", 1),
        ("object.all(x, x)", [1]),
        ("object.all(x, true)", "abc"),
    ],
)
def test_gives_up_on_values_it_is_not_made_for_and_never_takes_python_for_cel(text: str, value: Any) -> None:
    if text == "object == 1 || true":
        assert run(text, value) is True
        return
    with pytest.raises(GiveUp):
        run(text, value)


@pytest.mark.parametrize("text", ["object == 1", "object in [2, 3]", "object == 0 || object == 1"])
def test_a_bool_is_no_number(text: str) -> None:
    assert run(text, True) is False


@pytest.mark.parametrize(
    "name",
    ["__class__", "__import__", "__init__", "import", "lambda", "None", "self", "V", "M", "t1", "k1", "equal"],
)
def test_names_are_data(name: str) -> None:
    program = ENVIRONMENT.compile(f"object.{name}" if name != "None" else "object['None']")
    with pytest.raises(EvaluationError, match=f"no such key: {name}"):
        program.run({"object": {}}, Meter(PLENTY))
    assert program.run({"object": {name: 7}}, Meter(PLENTY)) == 7


def test_a_macro_variable_may_have_any_name_of_python() -> None:
    program = ENVIRONMENT.compile("object.l.map(lambda, lambda + 1).map(None, None * 2).map(len, len)")
    assert program.run({"object": {"l": [1, 2]}}, Meter(PLENTY)) == [4, 6]


def test_a_loop_charges_before_it_starts() -> None:
    with pytest.raises(OutOfFuel):
        run("object.all(x, x > 0)", list(range(1, 1001)), fuel=1000)


def test_neither_fuel_nor_deadline_can_be_absorbed() -> None:
    text = "object.exists(x, x.all(y, y > 1)) || true"
    program = ENVIRONMENT.compile(text)
    late = Meter(PLENTY, clock=lambda: 10.0, deadline=5.0)
    with pytest.raises(OutOfFuel):
        program.run({"object": [[1] * 100_000] * 100}, Meter(1_000_000))
    with pytest.raises(DeadlineExceeded):
        program.run({"object": [[1] * 100_000] * 100}, late)
    with pytest.raises(DeadlineExceeded):
        program.measure({"object": [[1] * 100_000] * 100}, meter=late)


def test_an_error_is_the_interpreters() -> None:
    program = ENVIRONMENT.compile("object.items.all(i, i.size > 0)")
    with pytest.raises(EvaluationError, match="no such key: size"):
        program.run({"object": {"items": [{}]}}, Meter(PLENTY))


def test_an_absorbed_error_gives_the_value_that_absorbs_it() -> None:
    program = ENVIRONMENT.compile("object.missing == 1 || object.there")
    assert program.run({"object": {"there": True}}, Meter(PLENTY)) is True
