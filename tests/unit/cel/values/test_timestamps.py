from __future__ import annotations

import pytest

from policy_engine.cel.values import Timestamp, parse_timestamp
from policy_engine.cel.values.timestamps import (
    MAX_SECONDS,
    MIN_SECONDS,
    NS,
    CivilTime,
    civil_from_days,
    days_from_civil,
    is_in_range,
)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2024-06-15T10:00:00Z", "2024-06-15T10:00:00Z"),
        ("2024-06-15T1:00:00Z", "2024-06-15T01:00:00Z"),
        ("2024-06-15T10:00:00,5Z", "2024-06-15T10:00:00.5Z"),
        ("2024-06-15T10:00:00.1234567899Z", "2024-06-15T10:00:00.123456789Z"),
        ("2024-06-15T10:00:00+05:30", "2024-06-15T04:30:00Z"),
        ("2024-02-29T23:59:59-23:59", "2024-03-01T23:58:59Z"),
        ("2024-06-15T10:00:00+24:60", "2024-06-14T09:00:00Z"),
    ],
)
def test_reads_what_go_reads(text: str, utc: str) -> None:
    timestamp = parse_timestamp(text)
    assert timestamp is not None
    assert timestamp.text(utc=True) == utc


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-06-15",
        "2024-06-15t10:00:00Z",
        "2024-06-15T10:00:00z",
        "2024-06-15T10:00:60Z",
        "2024-06-15T24:00:00Z",
        "2023-02-29T00:00:00Z",
        "2024-13-01T00:00:00Z",
        "2024-06-15T10:00:00",
        "2024-06-15T10:00:00.Z",
        "2024-06-15T10:00:00+25:00",
        "2024-06-15T10:00:00Z ",
        "٢٠٢٤-06-15T10:00:00Z",
    ],
)
def test_refuses_what_go_refuses(text: str) -> None:
    assert parse_timestamp(text) is None


def test_writes_in_the_offset_it_was_read_in() -> None:
    timestamp = parse_timestamp("2024-06-15T10:00:00.120+05:30")
    assert timestamp is not None
    assert timestamp.text() == "2024-06-15T10:00:00.12+05:30"


def test_reads_the_clock_of_a_place() -> None:
    assert Timestamp(0).civil() == CivilTime(1970, 1, 1, 0, 0, 0, 4, 0)
    assert Timestamp(-1).civil(-3600) == CivilTime(1969, 12, 31, 22, 59, 59, 3, 364)


def test_ranges_over_the_years_1_to_9999() -> None:
    assert Timestamp(MIN_SECONDS * NS).text() == "0001-01-01T00:00:00Z"
    assert Timestamp(MAX_SECONDS * NS).text() == "9999-12-31T23:59:59Z"
    assert is_in_range(Timestamp(MAX_SECONDS * NS + NS - 1))
    assert not is_in_range(Timestamp(MAX_SECONDS * NS + NS))
    assert not is_in_range(Timestamp(MIN_SECONDS * NS - 1))


@pytest.mark.parametrize("days", [-719528, -719162, -1, 0, 58, 59, 60, 11016, 2932896, 4000000])
def test_dates_and_days_convert_back_and_forth(days: int) -> None:
    assert days_from_civil(*civil_from_days(days)) == days
