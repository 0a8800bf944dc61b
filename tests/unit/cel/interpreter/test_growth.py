from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.dispatch import Direct
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.interpreter.growth import Growing
from policy_engine.cel.interpreter.tracker import Tracker
from policy_engine.cel.values import KeyedMap, add, insert


@pytest.fixture
def frame() -> Frame:
    made = Frame({}, Tracker(100), 1, None)
    made.growing.add(0)
    return made


def test_adds_to_a_list_of_the_loop_in_place(frame: Frame) -> None:
    target = [1]

    assert Growing(0, Direct(add)).invoke(frame, [target, [2]]) is target
    assert target == [1, 2]


def test_adds_to_a_map_of_the_loop_in_place(frame: Frame) -> None:
    target = {"a": 1}

    assert Growing(0, Direct(insert)).invoke(frame, [target, "b", 2]) is target
    assert target == {"a": 1, "b": 2}


def test_adds_the_entries_of_another_map_in_place(frame: Frame) -> None:
    target = {"a": 1}

    assert Growing(0, Direct(_merge)).invoke(frame, [target, {"b": 2}]) is target
    assert target == {"a": 1, "b": 2}
    assert str(Growing(0, Direct(_merge)).invoke(frame, [target, {"c": 3, "b": 3}])) == "merged elsewhere"
    assert target == {"a": 1, "b": 2}


def _merge(left: Any, right: Any) -> Any:
    raise EvaluationError("merged elsewhere")


def test_leaves_alone_what_may_belong_to_others(frame: Frame) -> None:
    frame.growing.clear()
    target = [1]

    assert Growing(0, Direct(add)).invoke(frame, [target, [2]]) == [1, 2]
    assert target == [1]


@pytest.mark.parametrize("key", [1, True, 1.5])
def test_a_key_that_is_no_text_makes_another_kind_of_map(frame: Frame, key: Any) -> None:
    growing = Growing(0, Direct(insert))
    made = growing.invoke(frame, [{"a": 1}, key, "value"])

    assert isinstance(made, KeyedMap)
    assert made.find(key) == "value"
    assert growing.invoke(frame, [made, "b", 2]) is made
    assert list(made) == ["a", key, "b"]


def test_a_key_that_is_there_is_refused(frame: Frame) -> None:
    refused = Growing(0, Direct(insert)).invoke(frame, [{"a": 1}, "a", 2])

    assert str(refused) == "insert failed: key a already exists"


def test_adding_something_else_is_refused_as_ever(frame: Frame) -> None:
    assert str(Growing(0, Direct(add)).invoke(frame, [[1], "text"])) == "no such overload"
