from __future__ import annotations

import math

import pytest

from policy_engine.cel.values.doubles import format_plain, format_shortest, parse_double


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (1.5, "1.5"),
        (100000.0, "100000"),
        (1000000.0, "1e+06"),
        (123456.5, "123456.5"),
        (1234567.5, "1.2345675e+06"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e20, "1e+20"),
        (-0.0, "-0"),
        (5e-324, "5e-324"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_writes_the_shortest_form_as_go_does(value: float, text: str) -> None:
    assert format_shortest(value) == text


def test_writes_without_exponent() -> None:
    assert format_plain(1e21) == "1000000000000000000000"
    assert format_plain(1.5e-7) == "0.00000015"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1_000", 1000.0),
        ("0x1p4", 16.0),
        ("0x_1P-1", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1E5", 1e5),
        ("1e1_0", 1e10),
        ("-Infinity", -math.inf),
        ("inf", math.inf),
    ],
)
def test_reads_what_go_reads(text: str, value: float) -> None:
    assert parse_double(text) == value


def test_reads_nan_without_sign() -> None:
    nan = parse_double("NaN")
    assert nan is not None
    assert math.isnan(nan)
    assert parse_double("-NaN") is None


@pytest.mark.parametrize(
    "text", ["", ".", "e5", "1e", "1__0", "_1", "1_", "1_.5", "0x1", "1e400", "0x1p2000", " 1", "١", "1f"]
)
def test_refuses_what_go_refuses(text: str) -> None:
    assert parse_double(text) is None
