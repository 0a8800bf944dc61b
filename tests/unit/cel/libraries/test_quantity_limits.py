"""Quantities that Kubernetes would compute until memory ends."""

from __future__ import annotations

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.quantity_amount import MAX_DIGITS
from policy_engine.cel.libraries.quantity_text import parse_quantity


def test_compares_numbers_that_are_billions_of_digits_apart() -> None:
    large, small = parse_quantity("1e2000000000"), parse_quantity("-1e2000000000")
    assert large.compare(parse_quantity("1")) == 1
    assert small.compare(parse_quantity("1")) == -1
    assert parse_quantity("1").compare(large) == -1


def test_refuses_sums_with_too_many_digits() -> None:
    with pytest.raises(EvaluationError, match="too many digits"):
        parse_quantity("1e2000000000").add(parse_quantity("1"))


def test_refuses_numbers_with_too_many_digits() -> None:
    assert parse_quantity("9" * MAX_DIGITS).sign() == 1
    with pytest.raises(EvaluationError, match="unable to parse numeric part"):
        parse_quantity("9" * (MAX_DIGITS + 1))


def test_rounds_what_is_far_too_small_without_computing_it() -> None:
    assert parse_quantity("1e-2000000000").text() == "1e-9"
    assert parse_quantity("-1e-2000000000").text() == "-1e-9"
    assert parse_quantity("0e-2000000000").text() == "0"


def test_equal_quantities_have_equal_hashes() -> None:
    assert hash(parse_quantity("1Gi")) == hash(parse_quantity("1024Mi"))
    assert hash(parse_quantity("0")) == hash(parse_quantity("0e7"))
