from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from policy_engine.cel.budget import Meter
from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CostLimitExceeded, DeadlineExceeded, EvaluationError
from policy_engine.cel.interpreter import InstantiationError, plan
from policy_engine.cel.measurement import Measurement

Evaluate = Callable[..., Measurement]


def test_stops_with_the_cost_it_had_when_the_limit_was_passed(evaluate: Evaluate) -> None:
    measured = evaluate("object.l.map(x, x + 1)", limit=20)

    assert isinstance(measured.error, CostLimitExceeded)
    assert measured.error.message == "operation cancelled: actual cost limit exceeded"
    assert measured.cost == measured.error.cost == 29
    assert measured.value is None


def test_nothing_in_an_expression_absorbs_the_limit(evaluate: Evaluate) -> None:
    measured = evaluate("object.l.map(x, x + 1) == [] || true", limit=20)

    assert isinstance(measured.error, CostLimitExceeded)


def test_a_cost_that_just_reaches_the_limit_is_allowed(evaluate: Evaluate) -> None:
    assert evaluate("object.m.x.y", limit=4).value == "z"
    assert isinstance(evaluate("object.m.x.y", limit=3).error, CostLimitExceeded)


def test_looks_at_the_clock_in_long_loops(evaluate: Evaluate) -> None:
    seconds = iter(range(1_000))
    meter = Meter(0, clock=lambda: float(next(seconds)), deadline=3)

    with pytest.raises(DeadlineExceeded):
        evaluate("lists.range(100000).all(x, x >= 0)", meter=meter)

    assert next(seconds) == 4, "the clock is read once in a hundred rounds, not in each"


def test_short_evaluations_read_no_clock(evaluate: Evaluate) -> None:
    def clock() -> float:
        raise AssertionError("read")

    assert evaluate("object.l.all(x, x > 0)", meter=Meter(0, clock=clock, deadline=0)).value is True


def test_lazy_variables_are_evaluated_when_they_are_read(evaluate: Evaluate) -> None:
    class Variables:
        def __init__(self) -> None:
            self.read: list[str] = []

        def __getitem__(self, name: str) -> Any:
            self.read.append(name)
            if name == "bad":
                raise EvaluationError('composited variable "bad" fails to evaluate: division by zero')
            return {"list": [1]}[name]

    variables = Variables()
    unread = evaluate("object.a == 2 && variables.bad", variables=variables)
    assert (unread.value, variables.read) == (False, [])

    assert evaluate("has(variables.list) && variables.list[0] == 1", variables=variables).value is True
    assert variables.read == ["list", "list"]

    failed = evaluate("variables.bad == 1", variables=variables)
    assert str(failed.error) == 'composited variable "bad" fails to evaluate: division by zero'
    assert evaluate("variables.bad || true", variables=variables).value is True
    assert str(evaluate("variables.unknown", variables=variables).error) == "no such key: unknown"


def test_a_variable_without_value_is_an_error(environment: Environment) -> None:
    planned = plan(environment.check("object == 1"), environment.functions)

    assert str(planned.evaluate({}, limit=10).error) == "no such attribute(s): object"


def test_constants_that_cannot_work_are_refused_when_the_plan_is_made(environment: Environment) -> None:
    checked = environment.check("object.a == int(dyn('x'))")

    with pytest.raises(InstantiationError, match="type conversion error from 'string' to 'int'"):
        plan(checked, environment.functions)


def test_an_evaluator_panic_of_kubernetes_is_absorbed_by_nothing(evaluate: Evaluate) -> None:
    measured = evaluate("dyn(true).distinct() == [] || true")

    assert str(measured.error) == (
        "internal error: interface conversion: types.Bool is not traits.Lister: missing method Add"
    )


def test_errors_know_the_node_that_failed(environment: Environment) -> None:
    text = "object.a + 1 / 0"
    checked = environment.check(text)
    measured = plan(checked, environment.functions).evaluate({"object": {"a": 1}}, limit=100)

    assert isinstance(measured.error, EvaluationError)
    assert checked.offsets[measured.error.node_id] == text.index("/")


def test_inputs_are_never_changed(evaluate: Evaluate) -> None:
    given = {"l": [1, 2], "e": [], "m": {}}

    evaluate("object.e.map(x, x) + object.l.map(x, x) + [object.e + [1]][0]", object=given)
    evaluate("optional.of(object.e).optMap(e, e + [1])", object=given)
    evaluate("object.m.transformMap(k, v, v)", object=given)

    assert given == {"l": [1, 2], "e": [], "m": {}}


def test_each_evaluation_builds_its_own_lists(environment: Environment) -> None:
    planned = plan(environment.check("object.l.map(x, x + 1)"), environment.functions)

    first = planned.evaluate({"object": {"l": [1]}}, limit=1_000)
    second = planned.evaluate({"object": {"l": [2, 3]}}, limit=1_000)

    assert (first.value, second.value) == ([2], [3, 4])


def test_long_lists_are_built_in_linear_time(evaluate: Evaluate) -> None:
    # In quadratic time, 20,000 elements would take minutes.
    measured = evaluate("lists.range(20000).map(x, x + 1).filter(x, x > 0)", limit=10_000_000)
    assert len(measured.value) == 20_000

    measured = evaluate("lists.range(20000).transformMapEntry(i, x, {string(i): x})", limit=10_000_000)
    assert len(measured.value) == 20_000

    measured = evaluate("lists.range(20000).transformMap(i, x, x)", limit=10_000_000)
    assert len(measured.value) == 20_000


def test_threads_can_share_a_plan(environment: Environment) -> None:
    text = "object.l.map(x, object.l.exists(y, y == x + object.a))"
    planned = plan(environment.check(text), environment.functions)

    def evaluate(number: int) -> Any:
        return planned.evaluate({"object": {"a": number, "l": [0, number, 2 * number]}}, limit=10_000).value

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(evaluate, range(1, 400)))

    assert results == [[True, True, False]] * 399


def test_deep_expressions_fit_on_the_stack(evaluate: Evaluate) -> None:
    assert evaluate("1" + " + 1" * 200).value == 201
    assert evaluate("false ? 0 : " * 80 + "1").value == 1
    assert evaluate("[" * 100 + "1" + "]" * 100 + "[0]" * 100).value == 1
