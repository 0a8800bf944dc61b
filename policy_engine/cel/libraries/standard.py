"""CEL's standard library: what every environment has."""

from __future__ import annotations

from policy_engine.cel.errors import NoSuchOverload
from policy_engine.cel.libraries import conversions, costs, operators, regexp, time
from policy_engine.cel.libraries.declare import Library, Value
from policy_engine.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    NULL,
    STRING,
    TIMESTAMP,
    TYPE,
    UINT,
    A,
    B,
    list_of,
    map_of,
)
from policy_engine.cel.values.dispatch import no_such_overload

LIBRARY = Library(
    "std",
    # Source: cel-go common/stdlib/standard.go, stdTypes.
    types=(
        BOOL,
        BYTES,
        DOUBLE,
        DURATION,
        INT,
        list_of(A),
        map_of(A, B),
        NULL,
        STRING,
        TIMESTAMP,
        TYPE,
        UINT,
    ),
)

operators.declare(LIBRARY)
conversions.declare(LIBRARY)


def _require_strings(first: Value, second: Value) -> None:
    if first.__class__ is not str or second.__class__ is not str:
        raise NoSuchOverload("no such overload")


@LIBRARY.member("contains", "contains_string", (STRING, STRING), BOOL, cost=costs.SUBSTRING_SEARCH, guarded=False)
def _contains(text: str, part: str) -> bool:
    _require_strings(text, part)
    return part in text


@LIBRARY.member("endsWith", "ends_with_string", (STRING, STRING), BOOL, cost=costs.FIRST_ARGUMENT, guarded=False)
def _ends_with(text: str, suffix: str) -> bool:
    _require_strings(text, suffix)
    return text.endswith(suffix)


@LIBRARY.member(
    "startsWith", "starts_with_string", (STRING, STRING), BOOL, cost=costs.FIRST_ARGUMENT, guarded=False
)
def _starts_with(text: str, prefix: str) -> bool:
    _require_strings(text, prefix)
    return text.startswith(prefix)


# cel-go charges the global form 1: its cost table knows the method's overload only.
@LIBRARY.member("matches", "matches_string", (STRING, STRING), BOOL, cost=costs.REGEX_MATCH, guarded=False)
@LIBRARY.function("matches", "matches", (STRING, STRING), BOOL, guarded=False)
def _matches(text: str, pattern: str) -> bool:
    if text.__class__ is not str or pattern.__class__ is not str:
        raise no_such_overload("matches", (text, pattern))
    return regexp.matcher(pattern)(text)


time.declare(LIBRARY)
