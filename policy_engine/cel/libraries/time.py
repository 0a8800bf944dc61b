"""The parts of timestamps and durations: `getHours()`, `getDate('Europe/Berlin')`, ..."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from policy_engine.cel.libraries.declare import Library
from policy_engine.cel.libraries.zones import offset_at
from policy_engine.cel.types import DURATION, INT, STRING, TIMESTAMP
from policy_engine.cel.values.durations import HOUR, MINUTE, SECOND, Duration
from policy_engine.cel.values.timestamps import CivilTime, Timestamp

_PARTS: Final[tuple[tuple[str, str, Callable[[CivilTime], int]], ...]] = (
    ("getFullYear", "year", lambda clock: clock.year),
    ("getMonth", "month", lambda clock: clock.month - 1),
    ("getDayOfYear", "day_of_year", lambda clock: clock.year_day),
    ("getDayOfMonth", "day_of_month", lambda clock: clock.day - 1),
    ("getDate", "day_of_month_1_based", lambda clock: clock.day),
    ("getDayOfWeek", "day_of_week", lambda clock: clock.weekday),
    ("getHours", "hours", lambda clock: clock.hour),
    ("getMinutes", "minutes", lambda clock: clock.minute),
    ("getSeconds", "seconds", lambda clock: clock.second),
)


def declare(library: Library) -> None:
    """Add the accessors to the standard library.

    Source: cel-go common/stdlib/standard.go.
    """
    for function, name, part in _PARTS:
        _declare_part(library, function, name, part)
    _declare_milliseconds(library)
    for function, id, unit in (
        ("getHours", "duration_to_hours", HOUR),
        ("getMinutes", "duration_to_minutes", MINUTE),
        ("getSeconds", "duration_to_seconds", SECOND),
    ):
        _declare_duration_part(library, function, id, unit)


def _declare_part(library: Library, function: str, name: str, part: Callable[[CivilTime], int]) -> None:
    def in_utc(timestamp: Timestamp) -> int:
        return part(timestamp.civil())

    def in_zone(timestamp: Timestamp, zone: str) -> int:
        return part(timestamp.civil(offset_at(zone, timestamp)))

    # `timestamp_to_seconds_tz` is spelt differently from its siblings in cel-go too.
    suffix = "tz" if name == "seconds" else "with_tz"
    library.add(function, f"timestamp_to_{name}", (TIMESTAMP,), INT, implementation=in_utc, member=True)
    library.add(
        function,
        f"timestamp_to_{name}_{suffix}",
        (TIMESTAMP, STRING),
        INT,
        implementation=in_zone,
        member=True,
    )


def _declare_milliseconds(library: Library) -> None:
    def in_utc(timestamp: Timestamp) -> int:
        return timestamp.ns % SECOND // 1_000_000

    def in_zone(timestamp: Timestamp, zone: str) -> int:
        offset_at(zone, timestamp)  # no offset changes the answer, but an unknown zone is an error
        return in_utc(timestamp)

    def of_duration(duration: Duration) -> int:
        milliseconds = abs(duration.ns) // 1_000_000
        return -milliseconds if duration.ns < 0 else milliseconds

    for id, params, implementation in (
        ("timestamp_to_milliseconds", (TIMESTAMP,), in_utc),
        ("timestamp_to_milliseconds_with_tz", (TIMESTAMP, STRING), in_zone),
        ("duration_to_milliseconds", (DURATION,), of_duration),
    ):
        library.add("getMilliseconds", id, params, INT, implementation=implementation, member=True)


def _declare_duration_part(library: Library, function: str, id: str, unit: int) -> None:
    def whole_units(duration: Duration) -> int:
        return int(duration.in_unit(unit))

    library.add(function, id, (DURATION,), INT, implementation=whole_units, member=True)
