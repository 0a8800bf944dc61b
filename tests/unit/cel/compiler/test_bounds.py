"""Bounds of cost: what is certain before an expression runs."""

from __future__ import annotations

import pytest

from policy_engine.admission.environment import admission_environment
from policy_engine.cel.budget import CostBound
from policy_engine.cel.compiler import bound_cost
from policy_engine.cel.types import LIST_DYN, struct

ENVIRONMENT = admission_environment("1.36")


@pytest.mark.parametrize(
    ("text", "constant", "per_byte"),
    [
        ("object.spec.replicas", 3, 0),
        ("object.a == 'abcdefghijk'", 5, 0),  # a comparison ends with the shorter of the two
        ("object.a == object.b", 5, 0.1),
        ("object.name.startsWith('a')", 3, 0.1),
        ("object.name.matches('^[a-z]+$')", 5, 0.2),
    ],
)
def test_bounds_what_has_no_loop(text: str, constant: int, per_byte: float) -> None:
    bounds = bound_cost(ENVIRONMENT.check(text), {})
    assert bounds.total.constant == constant
    assert bounds.total.per_byte == pytest.approx(per_byte)
    assert not bounds.charged
    assert not bounds.per_round


def test_a_loop_is_bounded_by_the_round_and_what_its_variable_costs_by_the_whole_list() -> None:
    checked = ENVIRONMENT.check("object.items.all(i, i.name.startsWith('a'))")
    bounds = bound_cost(checked, {})
    assert list(bounds.per_round.values()) == [7]
    assert bounds.total.per_byte == pytest.approx(0.1)
    assert not bounds.charged


def test_what_depends_on_an_outer_value_in_every_round_is_charged_when_it_is_called() -> None:
    checked = ENVIRONMENT.check("object.items.all(i, object.name.startsWith(i))")
    assert len(bound_cost(checked, {}).charged) == 1


def test_a_loop_over_another_list_inside_a_loop_charges_what_depends_on_its_elements() -> None:
    checked = ENVIRONMENT.check("object.items.all(i, params.allowed.exists(a, a.startsWith('x') && i == a))")
    assert len(bound_cost(checked, {}).charged) == 2


def test_a_string_that_grows_in_a_loop_has_no_size() -> None:
    assert bound_cost(ENVIRONMENT.check("object.items.map(i, i + object.name)"), {}).size is None


def test_the_size_of_a_variable_is_used_where_it_is_known() -> None:
    composed = ENVIRONMENT.extend(variables={"variables": struct("v")}, structs={"v": {"items": LIST_DYN}})
    checked = composed.check("variables.items.all(i, i.startsWith('a'))")
    assert bound_cost(checked, {}).charged
    known = bound_cost(checked, {"variables.items": CostBound(0, 2.0)})
    assert not known.charged
    assert known.total.per_byte == pytest.approx(0.2)
