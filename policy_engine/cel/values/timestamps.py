"""Timestamps: nanoseconds since 1970 with the offset they were written in."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

NS: Final = 1_000_000_000
MIN_SECONDS: Final = -62135596800  # 0001-01-01T00:00:00Z; cel-go common/types/timestamp.go, minUnixTime
MAX_SECONDS: Final = 253402300799  # 9999-12-31T23:59:59Z; maxUnixTime

_DAY: Final = 86400
_DAYS_IN_MONTH: Final = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# Looser than RFC 3339 where Go's parser is: one digit for the hour, a comma, offsets up to 24:60.
_RFC3339: Final = (
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.,]([0-9]+))?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)


class CivilTime(NamedTuple):
    """A wall clock's reading. weekday: 0 is Sunday. year_day: 0 is January 1st."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    weekday: int
    year_day: int


class Timestamp:
    """An instant. ns: nanoseconds since 1970-01-01T00:00:00Z; offset_s: seconds east of UTC, for printing.

    Two timestamps are equal when they are the same instant.
    """

    __slots__ = ("ns", "offset_s")

    def __init__(self, ns: int, offset_s: int = 0) -> None:
        self.ns = ns
        self.offset_s = offset_s

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timestamp) and self.ns == other.ns

    def __hash__(self) -> int:
        return hash((Timestamp, self.ns))

    def __repr__(self) -> str:
        return f"Timestamp({self.text()})"

    @property
    def seconds(self) -> int:
        """Give whole seconds since 1970, rounded down."""
        return self.ns // NS

    def civil(self, offset_s: int = 0) -> CivilTime:
        """Read the clock of a place so many seconds east of UTC."""
        days, second = divmod(self.ns // NS + offset_s, _DAY)
        hour, second = divmod(second, 3600)
        minute, second = divmod(second, 60)
        year, month, day = civil_from_days(days)
        return CivilTime(
            year, month, day, hour, minute, second, (days + 4) % 7, days - days_from_civil(year, 1, 1)
        )

    def text(self, *, utc: bool = False) -> str:
        """Write RFC 3339 with as many digits as needed, in its own offset or in UTC.

        Source: Go time, `Time.Format(RFC3339Nano)`.
        """
        offset_s = 0 if utc else self.offset_s
        clock = self.civil(offset_s)
        fraction = self.ns % NS
        tail = f".{fraction:09d}".rstrip("0") if fraction else ""
        minutes = abs(offset_s) // 60
        zone = f"{'-' if offset_s < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}" if offset_s else "Z"
        return (
            f"{clock.year:04d}-{clock.month:02d}-{clock.day:02d}"
            f"T{clock.hour:02d}:{clock.minute:02d}:{clock.second:02d}{tail}{zone}"
        )


def parse_timestamp(text: str) -> Timestamp | None:
    """Read an RFC 3339 timestamp; None where the text is none. Its range is not checked.

    Source: Go time, `Parse(time.RFC3339, text)`.
    """
    match = re.fullmatch(_RFC3339, text)
    if match is None:
        return None
    year, month, day, hour, minute, second = map(int, match.groups()[:6])
    if not (1 <= month <= 12 and hour < 24 and minute < 60 and second < 60):
        return None
    if not 1 <= day <= days_in_month(year, month):
        return None
    fraction, sign, zone_hour, zone_minute = match.groups()[6:]
    offset_s = 0
    if sign is not None:
        if int(zone_hour) > 24 or int(zone_minute) > 60:
            return None
        offset_s = int(zone_hour) * 3600 + int(zone_minute) * 60
        if sign == "-":
            offset_s = -offset_s
    seconds = days_from_civil(year, month, day) * _DAY + hour * 3600 + minute * 60 + second - offset_s
    nanoseconds = int(fraction[:9].ljust(9, "0")) if fraction else 0
    return Timestamp(seconds * NS + nanoseconds, offset_s)


def is_in_range(timestamp: Timestamp) -> bool:
    """Tell whether the instant lies within the years 1 to 9999."""
    return MIN_SECONDS <= timestamp.ns // NS <= MAX_SECONDS


def days_in_month(year: int, month: int) -> int:
    """Give the number of days of a month."""
    if month == 2 and not (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)):
        return 28
    return _DAYS_IN_MONTH[month]


def days_from_civil(year: int, month: int, day: int) -> int:
    """Count the days from 1970-01-01 to a date of the proleptic Gregorian calendar.

    Years are counted from March, so that a leap day is the last of its year, in eras of 400 years.
    """
    shifted = year - (month <= 2)
    era, year_of_era = divmod(shifted, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146097 + year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year - 719468


def civil_from_days(days: int) -> tuple[int, int, int]:
    """Give year, month and day of a count of days from 1970-01-01; the inverse of `days_from_civil`."""
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * shifted_month + 2) // 5 + 1
    month = (shifted_month + 2) % 12 + 1
    return era * 400 + year_of_era + (month <= 2), month, day
