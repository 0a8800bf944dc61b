"""The two evaluators: they agree, they raise nothing but what is documented, and the bound of the cost holds."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.budget import PER_CALL_LIMIT, Meter
from policy_engine.cel.errors import CompileError, CostLimitExceeded, EvaluationError, Interrupted
from policy_engine.cel.measurement import Measurement
from policy_engine.cel.program import Program
from policy_engine.cel.values.encoding import encode
from tests.property.expressions import ACTIVATIONS, EXPRESSIONS, TYPED

ENVIRONMENT = admission_environment("1.36")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 63), (1 << 63) - 1) | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["a", "b", "spec", "name", "items"]) | st.text(max_size=3), inner, max_size=4
        )
    ),
    max_leaves=12,
)
INPUTS = st.one_of(ACTIVATIONS, JSON.map(lambda value: {"object": value}))
TEXTS = st.one_of(TYPED, TYPED, EXPRESSIONS)
SLOW_TO_MAKE = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)


def compiled(text: str) -> Program:
    try:
        return ENVIRONMENT.compile(text)
    except CompileError:
        assume(False)
        raise AssertionError from None


def activation(given_inputs: dict[str, Any]) -> dict[str, Any]:
    return {"params": None, "oldObject": None, "request": {}, "namespaceObject": None, **given_inputs}


def told(measured: Measurement) -> Any:
    return encode(measured.value) if measured.error is None else str(measured.error)


@SLOW_TO_MAKE
@given(text=TEXTS, given_inputs=INPUTS)
def test_evaluation_raises_nothing_but_what_is_documented(text: str, given_inputs: dict[str, Any]) -> None:
    measured = compiled(text).measure(activation(given_inputs))
    assert measured.error is None or isinstance(measured.error, (EvaluationError, CostLimitExceeded))
    assert measured.cost >= 0


@SLOW_TO_MAKE
@given(text=TEXTS, given_inputs=INPUTS)
def test_compiled_code_gives_what_the_interpreter_gives(text: str, given_inputs: dict[str, Any]) -> None:
    program = compiled(text)
    inputs = activation(given_inputs)
    measured = program.measure(inputs)
    meter = Meter(PER_CALL_LIMIT)
    try:
        found: Any = encode(program.run(inputs, meter))
    except EvaluationError as error:
        found = str(error)
    except Interrupted:
        return  # it could not prove that the limit holds: then the interpreter is asked
    assert json.dumps(found, sort_keys=True) == json.dumps(told(measured), sort_keys=True)


@SLOW_TO_MAKE
@given(text=TEXTS, given_inputs=INPUTS)
def test_no_expression_costs_more_than_its_bound(text: str, given_inputs: dict[str, Any]) -> None:
    program = compiled(text)
    assume(program.compiled is not None)
    inputs = activation(given_inputs)
    size = len(json.dumps(inputs, ensure_ascii=False))
    meter = Meter(PER_CALL_LIMIT)
    try:
        assert program.compiled is not None
        program.compiled(inputs, meter)
    except (Exception, Interrupted):
        return  # no value of compiled code, nothing that was promised
    promised = program.bound.units(size) + PER_CALL_LIMIT - meter.fuel
    assert program.measure(inputs).cost <= promised
