"""Values that are small in memory and have millions of paths: an expression builds one of itself, `[a, a]`."""

from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.libraries.costs import traversal
from policy_engine.cel.values.equality import equal

_LEVELS = 64  # compared path by path this would take longer than the universe has


def nested(leaf: object, *, in_maps: bool = False) -> Any:
    value: Any = [leaf]
    for _ in range(_LEVELS):
        value = {"x": value, "y": 1, "z": value} if in_maps else [value, 1, value]
    return value


@pytest.mark.parametrize("in_maps", [False, True])
def test_compares_each_shared_part_once(in_maps: bool) -> None:
    assert equal(nested(1, in_maps=in_maps), nested(1.0, in_maps=in_maps))


@pytest.mark.parametrize("in_maps", [False, True])
def test_finds_the_difference_at_the_bottom(in_maps: bool) -> None:
    assert not equal(nested(1, in_maps=in_maps), nested(2, in_maps=in_maps))


def test_a_value_that_is_not_equal_to_itself_stays_so() -> None:
    shared = nested(float("nan"))
    assert not equal(shared, shared)


@pytest.mark.parametrize("in_maps", [False, True])
def test_walking_costs_as_much_as_it_has_paths_and_takes_as_long_as_it_has_parts(in_maps: bool) -> None:
    assert traversal(nested(1, in_maps=in_maps)) > 2**_LEVELS
