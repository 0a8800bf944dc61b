"""Time zones by name or by offset, as timestamps' accessors take them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN
from policy_engine.cel.values.timestamps import Timestamp

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_INTEGER: Final = r"[+-]?[0-9]+"
_NAME: Final = r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def offset_at(zone: str, timestamp: Timestamp) -> int:
    """Give the seconds east of UTC that a zone's clocks show at an instant.

    zone: `Europe/Berlin`, `UTC`, or an offset in hours and minutes. Offsets are read loosely, as cel-go does:
        `+25:00` and `5:30` are fine.

    Raises EvaluationError for a zone that is not known.
    Source: cel-go common/stdlib/standard.go, `inTimeZone`; Go time, `LoadLocation`.
    """
    hours, colon, minutes = zone.partition(":")
    if colon:
        hour, minute = _atoi(hours), _atoi(minutes)
        return (hour * 60 - minute if zone[0] == "-" else hour * 60 + minute) * 60
    if zone in ("", "UTC", "Local"):  # Kubernetes' servers run in UTC
        return 0
    location = _load(zone)
    try:
        moment = _EPOCH + timedelta(seconds=timestamp.seconds)
        offset = moment.astimezone(location).utcoffset()
    except OverflowError:
        # The local date falls outside of Python's years; two days inward the offset is the same.
        inward = timedelta(days=2 if timestamp.ns < 0 else -2)
        offset = (moment + inward).astimezone(location).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


@lru_cache(maxsize=64)
def _load(name: str) -> ZoneInfo:
    if ".." in name or name[0] in "/\\":
        raise EvaluationError("time: invalid location name")
    if re.fullmatch(_NAME, name):
        from zoneinfo import ZoneInfo  # not before it is needed: it takes a while to import

        try:
            return ZoneInfo(name)
        except (KeyError, OSError, ValueError):  # not found, a folder, no zone file
            pass
    raise EvaluationError(f"unknown time zone {name}")


def _atoi(text: str) -> int:
    """Read an integer, with the complaints of Go's `strconv.Atoi`."""
    if re.fullmatch(_INTEGER, text) is None:
        raise EvaluationError(f'strconv.Atoi: parsing "{text}": invalid syntax')
    digits = text.lstrip("+-0")
    value = int(digits or 0) if len(digits) < 20 else INT_MAX + 2
    value = -value if text[0] == "-" else value
    if not INT_MIN <= value <= INT_MAX:
        raise EvaluationError(f'strconv.Atoi: parsing "{text}": value out of range')
    return value
