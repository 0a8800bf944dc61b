from __future__ import annotations

import pytest

from policy_engine.cel.values import INT_MAX, INT_MIN, Duration, parse_duration
from policy_engine.cel.values.durations import HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0", 0),
        ("-0", 0),
        ("1h30m", 90 * MINUTE),
        ("+5s", 5 * SECOND),
        (".5s", SECOND // 2),
        ("1.s", SECOND),
        ("-1.5h", -90 * MINUTE),
        ("1us1µs1μs", 3000),
        ("2562047h47m16.854775807s", INT_MAX),
        ("-9223372036854775808ns", INT_MIN),
        ("0.99999999999999999999ns", 1),
        ("1m1m", 2 * MINUTE),
    ],
)
def test_reads_what_go_reads(text: str, ns: int) -> None:
    duration = parse_duration(text)
    assert duration is not None
    assert duration.ns == ns


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "5",
        "1 s",
        "1d",
        ".s",
        "1h-30m",
        "1S",
        "9223372036854775808ns",
        "1e3s",
        "٣s",
        "99999999999999999999h",
    ],
)
def test_refuses_what_go_refuses(text: str) -> None:
    assert parse_duration(text) is None


@pytest.mark.parametrize(
    ("ns", "go", "seconds"),
    [
        (0, "0s", "0s"),
        (1, "1ns", "0.000000001s"),
        (1500, "1.5µs", "0.0000015s"),
        (-1_500_000, "-1.5ms", "-0.0015s"),
        (SECOND, "1s", "1s"),
        (90 * MINUTE + SECOND // 2, "1h30m0.5s", "5400.5s"),
        (HOUR, "1h0m0s", "3600s"),
        (INT_MIN, "-2562047h47m16.854775808s", "-9223372036.854776s"),
    ],
)
def test_writes_as_go_writes(ns: int, go: str, seconds: str) -> None:
    assert Duration(ns).text() == go
    assert Duration(ns).seconds_text() == seconds


def test_durations_of_one_length_are_one_key() -> None:
    assert len({Duration(1), Duration(1), Duration(2)}) == 2
