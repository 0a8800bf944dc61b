"""cel-cpp (through cel-expr-python) beside this engine, on generated expressions.

Every disagreement has to be one of those listed, each with the reason why ours is Kubernetes' answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policy_engine.cel import types as t
from policy_engine.cel.engines import PolgateEngine
from policy_engine.cel.environment import Environment
from policy_engine.cel.values import KeyedMap, UInt
from tests.property.expressions import ACTIVATIONS, EXPRESSIONS, TYPED

cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python has no wheel for this machine")

# What cel-expr-python has not: these functions and macros are left out.
NOT_THERE = re.compile(r"\.sum\(\)|transform|existsOne|\(x, y,")


class Answer(NamedTuple):
    """stage: `value`, `error` (at run time) or `compile`; detail: the value, or the error's text."""

    stage: str
    detail: Any


class Difference(NamedTuple):
    """A reason for which the two may differ, and how to tell that it is the one."""

    reason: str
    explains: Callable[[str, Answer, Answer], bool]


DIFFERENCES = [
    Difference(
        "Kubernetes folds conversions of constants when a program is made, and refuses it if they fail",
        lambda text, ours, theirs: ours.stage == "compile" and "program instantiation failed" in ours.detail,
    ),
    Difference(
        "Kubernetes demands literals of one element type",
        lambda text, ours, theirs: ours.stage == "compile" and "expected type" in ours.detail,
    ),
    Difference(
        "Kubernetes lets the last of duplicate keys win",
        lambda text, ours, theirs: theirs.stage != "value" and "duplicate key" in theirs.detail,
    ),
    Difference(
        "Kubernetes lets map keys be of any type",
        lambda text, ours, theirs: theirs.stage != "value" and "map key type" in theirs.detail,
    ),
]


@pytest.fixture(scope="module")
def ours() -> Callable[[str, dict[str, Any]], Answer]:
    engine = PolgateEngine(Environment.kubernetes().extend(variables={"object": t.DYN, "params": t.DYN}))

    def answer(text: str, activation: dict[str, Any]) -> Answer:
        outcome = engine.evaluate(text, activation)
        if outcome.error is None:
            return Answer("value", _comparable(outcome.value))
        refused = outcome.error.startswith(("compilation failed", "program instantiation failed"))
        return Answer("compile" if refused else "error", outcome.error)

    return answer


@pytest.fixture(scope="module")
def theirs() -> Callable[[str, dict[str, Any]], Answer]:
    from cel_expr_python.ext import ext_optional, ext_strings

    environment = cel.NewEnv(
        variables={"object": cel.Type.DYN, "params": cel.Type.DYN},
        extensions=[ext_strings.ExtStrings(), ext_optional.ExtOptional()],
    )

    def answer(text: str, activation: dict[str, Any]) -> Answer:
        try:
            result = environment.compile(text).eval(environment.Activation(activation))
        except RuntimeError as error:
            return Answer("compile", str(error))
        try:
            if str(result.type()) == "ERROR":
                return Answer("error", result.value())
            return Answer("value", _comparable(result.plain_value()))
        except TypeError:
            assume(False)  # an optional: its binding cannot give it to Python
            raise

    return answer


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(text=st.one_of(TYPED, TYPED, EXPRESSIONS), activation=ACTIVATIONS)
def test_differs_from_cel_cpp_only_for_the_reasons_listed(
    ours: Callable[[str, dict[str, Any]], Answer],
    theirs: Callable[[str, dict[str, Any]], Answer],
    text: str,
    activation: dict[str, Any],
) -> None:
    assume(not NOT_THERE.search(text))
    mine, other = ours(text, activation), theirs(text, activation)
    if mine.stage == other.stage and (mine.stage != "value" or mine.detail == other.detail):
        return
    reasons = [known.reason for known in DIFFERENCES if known.explains(text, mine, other)]
    assert reasons, f"{text}\nours: {mine}\ntheirs: {other}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("int(1e300) == 1 || true", DIFFERENCES[0].reason),
        ("[1, 'a']", DIFFERENCES[1].reason),
        ("{1: 'a', 1: 'b'}", DIFFERENCES[2].reason),
        ("{b'a': 1}.size()", DIFFERENCES[3].reason),
    ],
)
def test_each_reason_still_holds(
    ours: Callable[[str, dict[str, Any]], Answer],
    theirs: Callable[[str, dict[str, Any]], Answer],
    text: str,
    reason: str,
) -> None:
    mine, other = ours(text, {}), theirs(text, {})
    assert mine.stage != other.stage
    assert [known.reason for known in DIFFERENCES if known.explains(text, mine, other)] == [reason]


def _comparable(value: Any) -> str:
    """Write a value of either side the same way."""
    if hasattr(value, "plain_value"):
        value = value.plain_value()
    match value:
        case bytes() | bytearray():
            return f"b{bytes(value)!r}"
        case UInt():
            return repr(int(value))
        case list():
            return f"[{', '.join(map(_comparable, value))}]"
        case dict() | KeyedMap():
            return f"{{{', '.join(sorted(f'{_comparable(k)}: {_comparable(v)}' for k, v in value.items()))}}}"
    return repr(value)
