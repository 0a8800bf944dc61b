from __future__ import annotations

import pytest

from policy_engine.cel.errors import CostLimitExceeded
from policy_engine.cel.interpreter.tracker import Tracker


def test_takes_arguments_back_in_the_order_of_their_ids() -> None:
    tracker = Tracker(10)
    tracker.push(1, "left")
    tracker.push(2, "right")

    assert tracker.take((1, 2)) == ["left", "right"]
    assert tracker.take((1,)) is None


def test_taking_removes_what_lies_above_too() -> None:
    tracker = Tracker(10)
    tracker.push(1, "below")
    tracker.push(2, "taken")
    tracker.push(3, "above")

    assert tracker.take((2,)) == ["taken"]
    assert tracker.take((3,)) is None
    assert tracker.take((1,)) == ["below"]


def test_a_missing_argument_leaves_the_ones_before_it() -> None:
    tracker = Tracker(10)
    tracker.push(1, "first")
    tracker.push(3, "last")

    assert tracker.take((1, 2, 3)) is None
    assert tracker.take((1,)) == ["first"]


def test_gives_the_topmost_of_several_values_with_one_id() -> None:
    tracker = Tracker(10)
    for value in ("first round", "second round"):
        tracker.push(1, value)

    assert tracker.take((1,)) == ["second round"]
    assert tracker.take((1,)) == ["first round"]


def test_finds_no_value_where_a_dropped_one_lay() -> None:
    tracker = Tracker(10)
    tracker.push(1, "old")
    tracker.push(2, "old")
    tracker.drop(1)
    tracker.push(3, "new")
    tracker.push(4, "new")

    assert tracker.take((2,)) is None
    assert tracker.take((1,)) is None
    assert tracker.take((3, 4)) == ["new", "new"]


def test_dropping_an_unknown_id_changes_nothing() -> None:
    tracker = Tracker(10)
    tracker.push(1, "value")
    tracker.drop(2)

    assert tracker.take((1,)) == ["value"]


def test_stops_at_the_first_step_past_the_limit() -> None:
    tracker = Tracker(10)
    tracker.cost = 10
    tracker.push(1, "in the limit")
    tracker.cost = 13

    with pytest.raises(CostLimitExceeded) as stopped:
        tracker.push(2, "past it")

    assert stopped.value.cost == 13


def test_stays_fast_when_values_are_left_behind_for_ever() -> None:
    tracker = Tracker(10)
    for _ in range(50_000):
        tracker.push(1, None)
        tracker.drop(2)  # never there: a search of the whole stack would make this quadratic

    assert tracker.take((1,)) == [None]
