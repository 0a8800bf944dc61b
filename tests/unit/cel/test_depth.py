"""Expressions as deep as Kubernetes takes them, and what is said about deeper ones."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.budget import Meter
from policy_engine.cel.errors import CompileError, EvaluationError

ENVIRONMENT = admission_environment("1.36")


def nested_macros(count: int) -> str:
    return "".join(f"[1].all(v{number}, " for number in range(count)) + "true" + ")" * count


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (nested_macros(10), True),
        ("+".join(["1"] * 200), 200),
        (" && ".join(["true"] * 200), True),
        ("true ? 1 : " * 100 + "2", 1),
        ("(" * 200 + "1" + ")" * 200, 1),
        ("!" * 200 + "true", True),
    ],
    ids=["macros", "sum", "and", "conditional", "parentheses", "not"],
)
def test_takes_what_kubernetes_takes(text: str, value: object) -> None:
    program = ENVIRONMENT.compile(text)
    assert program.run({}, Meter(1_000_000)) == value
    assert program.measure({}).value == value


@pytest.fixture
def pythons_own_limit() -> Iterator[None]:
    """Let Python nest calls as deep as it does by default: packages that tests load may have set another limit."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.usefixtures("pythons_own_limit")
def test_refuses_what_is_nested_beyond_its_own_means_and_says_how_to_mend_it() -> None:
    with pytest.raises(CompileError, match="nested too deeply: split it into variables"):
        ENVIRONMENT.compile(nested_macros(240))


def test_a_value_nested_too_deeply_is_an_error_and_no_crash() -> None:
    value: object = 1
    for _ in range(100_000):
        value = [value]
    program = ENVIRONMENT.compile("object == oldObject")
    inputs = {"object": value, "oldObject": [value]}
    with pytest.raises(EvaluationError, match="nested too deeply"):
        program.run(inputs, Meter(1_000_000))
