"""Conversions between types: `int`, `string`, `timestamp` and so on, `type` and `dyn`."""

from __future__ import annotations

import re
from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.go_strings import encode
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import NOMINAL, Cost, Implementation, Library, Value
from policy_engine.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    DYN,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    A,
    Type,
    type_of,
)
from policy_engine.cel.values import typing
from policy_engine.cel.values.doubles import format_shortest, parse_double
from policy_engine.cel.values.durations import Duration, parse_duration
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN, UINT_MAX, UInt, double_to_int, double_to_uint
from policy_engine.cel.values.timestamps import (
    MAX_SECONDS,
    MIN_SECONDS,
    NS,
    Timestamp,
    is_in_range,
    parse_timestamp,
)

_INTEGER: Final = r"[+-]?[0-9]+"
_MAX_DIGITS: Final = 20  # no 64-bit integer has more, leading zeros aside
# Go strconv, `ParseBool`.
_BOOLEANS: Final = {
    **dict.fromkeys(("1", "t", "T", "true", "TRUE", "True"), True),
    **dict.fromkeys(("0", "f", "F", "false", "FALSE", "False"), False),
}


def declare(library: Library) -> None:
    """Add the conversions to the standard library. All are evaluated at once where the argument is a literal.

    Source: cel-go common/stdlib/standard.go; interpreter/decorators.go, `maybeOptimizeConstUnary`.
    """

    def conversion(
        function: str,
        id: str,
        from_: Type,
        to: Type,
        implementation: Implementation,
        *,
        cost: Cost = NOMINAL,
        guarded: bool = True,
    ) -> None:
        library.add(
            function, id, (from_,), to, implementation=implementation, cost=cost, folds=True, guarded=guarded
        )

    conversion("type", "type", A, type_of(A), typing.type_of, guarded=False)
    conversion("bool", "bool_to_bool", BOOL, BOOL, _same)
    conversion("bool", "string_to_bool", STRING, BOOL, _string_to_bool)
    conversion("bytes", "bytes_to_bytes", BYTES, BYTES, _same)
    conversion("bytes", "string_to_bytes", STRING, BYTES, encode, cost=costs.FIRST_ARGUMENT)
    conversion("double", "double_to_double", DOUBLE, DOUBLE, _same)
    conversion("double", "int64_to_double", INT, DOUBLE, float)
    conversion("double", "string_to_double", STRING, DOUBLE, _string_to_double)
    conversion("double", "uint64_to_double", UINT, DOUBLE, float)
    conversion("duration", "duration_to_duration", DURATION, DURATION, _same)
    conversion("duration", "int64_to_duration", INT, DURATION, _int_to_duration)
    conversion("duration", "string_to_duration", STRING, DURATION, _string_to_duration)
    conversion("dyn", "to_dyn", A, DYN, _same, guarded=False)
    conversion("int", "int64_to_int64", INT, INT, _same)
    conversion("int", "double_to_int64", DOUBLE, INT, _double_to_int)
    conversion("int", "duration_to_int64", DURATION, INT, _duration_to_int)
    conversion("int", "string_to_int64", STRING, INT, _string_to_int)
    conversion("int", "timestamp_to_int64", TIMESTAMP, INT, _timestamp_to_int)
    conversion("int", "uint64_to_int64", UINT, INT, _uint_to_int)
    conversion("string", "string_to_string", STRING, STRING, _same)
    conversion("string", "bool_to_string", BOOL, STRING, _bool_to_string)
    conversion("string", "bytes_to_string", BYTES, STRING, _bytes_to_string, cost=costs.FIRST_ARGUMENT)
    conversion("string", "double_to_string", DOUBLE, STRING, format_shortest)
    conversion("string", "duration_to_string", DURATION, STRING, Duration.seconds_text)
    conversion("string", "int64_to_string", INT, STRING, str)
    conversion("string", "timestamp_to_string", TIMESTAMP, STRING, Timestamp.text)
    conversion("string", "uint64_to_string", UINT, STRING, _uint_to_string)
    conversion("timestamp", "timestamp_to_timestamp", TIMESTAMP, TIMESTAMP, _same)
    conversion("timestamp", "int64_to_timestamp", INT, TIMESTAMP, _int_to_timestamp)
    conversion("timestamp", "string_to_timestamp", STRING, TIMESTAMP, _string_to_timestamp)
    conversion("uint", "uint64_to_uint64", UINT, UINT, _same)
    conversion("uint", "double_to_uint64", DOUBLE, UINT, _double_to_uint)
    conversion("uint", "int64_to_uint64", INT, UINT, _int_to_uint)
    conversion("uint", "string_to_uint64", STRING, UINT, _string_to_uint)


def _same(value: Value) -> Value:
    return value


def _refused(from_: Type, to: Type) -> EvaluationError:
    return EvaluationError(f"type conversion error from '{from_.name}' to '{to.name}'")


def _string_to_bool(text: str) -> bool:
    value = _BOOLEANS.get(text)
    if value is None:
        raise _refused(STRING, BOOL)
    return value


def _string_to_double(text: str) -> float:
    value = parse_double(text)
    if value is None:
        raise _refused(STRING, DOUBLE)
    return value


def _string_to_duration(text: str) -> Duration:
    value = parse_duration(text)
    if value is None:
        raise _refused(STRING, DURATION)
    return value


def _int_to_duration(value: int) -> Duration:
    # Declared, and refused for every value: cel-go never gave it a meaning.
    raise _refused(INT, DURATION)


def _parse_integer(text: str) -> int | None:
    if re.fullmatch(_INTEGER, text) is None:
        return None
    digits = text.lstrip("+-0")
    if len(digits) > _MAX_DIGITS:
        return None
    value = int(digits or 0)
    return -value if text[0] == "-" else value


def _string_to_int(text: str) -> int:
    value = _parse_integer(text)
    if value is None or not INT_MIN <= value <= INT_MAX:
        raise _refused(STRING, INT)
    return value


def _string_to_uint(text: str) -> UInt:
    value = _parse_integer(text) if text[:1] not in ("+", "-") else None
    if value is None or value > UINT_MAX:
        raise _refused(STRING, UINT)
    return UInt(value)


def _double_to_int(value: float) -> int:
    converted = double_to_int(value)
    if converted is None:
        raise EvaluationError("integer overflow")
    return converted


def _double_to_uint(value: float) -> UInt:
    converted = double_to_uint(value)
    if converted is None:
        raise EvaluationError("unsigned integer overflow")
    return converted


def _uint_to_int(value: UInt) -> int:
    if value > INT_MAX:
        raise EvaluationError("integer overflow")
    return int(value)


def _int_to_uint(value: int) -> UInt:
    if value < 0:
        raise EvaluationError("unsigned integer overflow")
    return UInt(value)


def _duration_to_int(value: Duration) -> int:
    return value.ns


def _timestamp_to_int(value: Timestamp) -> int:
    return value.seconds


def _bool_to_string(value: bool) -> str:
    return "true" if value else "false"


def _bytes_to_string(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise EvaluationError("invalid UTF-8 in bytes, cannot convert to string") from None


def _uint_to_string(value: UInt) -> str:
    return str(int(value))


def _int_to_timestamp(seconds: int) -> Timestamp:
    if not MIN_SECONDS <= seconds <= MAX_SECONDS:
        raise EvaluationError("timestamp overflow")
    return Timestamp(seconds * NS)


def _string_to_timestamp(text: str) -> Timestamp:
    value = parse_timestamp(text)
    if value is None:
        raise _refused(STRING, TIMESTAMP)
    if not is_in_range(value):
        raise EvaluationError("timestamp overflow")
    return value
