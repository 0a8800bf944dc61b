from __future__ import annotations

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.zones import offset_at
from policy_engine.cel.values import Timestamp, parse_timestamp
from policy_engine.cel.values.timestamps import MAX_SECONDS, MIN_SECONDS, NS


def _at(text: str) -> Timestamp:
    timestamp = parse_timestamp(text)
    assert timestamp is not None
    return timestamp


@pytest.mark.parametrize(
    ("zone", "instant", "offset_s"),
    [
        ("UTC", "2024-01-01T00:00:00Z", 0),
        ("", "2024-01-01T00:00:00+05:00", 0),
        ("Europe/Berlin", "2024-03-31T00:59:59Z", 3600),
        ("Europe/Berlin", "2024-03-31T01:00:00Z", 7200),
        ("Asia/Kathmandu", "2024-01-01T00:00:00Z", 20700),
        ("+05:30", "2024-01-01T00:00:00Z", 19800),
        ("-08:15", "2024-01-01T00:00:00Z", -29700),
        ("5:99", "2024-01-01T00:00:00Z", 23940),
        ("+1:-5", "2024-01-01T00:00:00Z", 3300),
    ],
)
def test_knows_the_offset_of_a_zone(zone: str, instant: str, offset_s: int) -> None:
    assert offset_at(zone, _at(instant)) == offset_s


def test_knows_zones_at_both_ends_of_time() -> None:
    assert offset_at("Asia/Tokyo", Timestamp(MAX_SECONDS * NS)) == 9 * 3600
    assert offset_at("America/New_York", Timestamp(MIN_SECONDS * NS)) == -17762


@pytest.mark.parametrize(
    ("zone", "message"),
    [
        ("utc", "unknown time zone utc"),
        ("+5", "unknown time zone +5"),
        ("Nowhere/Land", "unknown time zone Nowhere/Land"),
        ("a b", "unknown time zone a b"),
        ("../UTC", "time: invalid location name"),
        ("/etc/passwd", "time: invalid location name"),
        (":30", 'strconv.Atoi: parsing "": invalid syntax'),
        ("1:x", 'strconv.Atoi: parsing "x": invalid syntax'),
        (f"1{'0' * 30}:0", f'strconv.Atoi: parsing "1{"0" * 30}": value out of range'),
    ],
)
def test_refuses_what_is_no_zone(zone: str, message: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        offset_at(zone, Timestamp(0))
    assert refused.value.message == message
