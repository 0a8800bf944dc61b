"""Bounds of calls, as libraries declare them: no call costs more than its bound, whatever it is called with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries import KUBERNETES
from policy_engine.cel.libraries.declare import Overload
from policy_engine.cel.libraries.ip_address import parse_ip
from policy_engine.cel.libraries.quantity_text import parse_quantity
from policy_engine.cel.sizes import Size
from policy_engine.cel.types import Kind, Type
from policy_engine.cel.values import (
    ABSENT,
    INT_MAX,
    INT_MIN,
    NONE,
    UINT_MAX,
    Duration,
    KeyedMap,
    OpaqueValue,
    Optional,
    Timestamp,
    UInt,
    make_map,
)

BOUNDED = [o for library in KUBERNETES for o in library.overloads if o.cost.bound is not None]

# Long enough for a tenth of a unit for each character to add up, and of one to four bytes a character.
TEXTS = st.builds(str.__mul__, st.text(st.sampled_from("ab1.-/ é€😀"), max_size=30), st.integers(1, 8))
INTS = st.integers(-3, 60) | st.integers(INT_MIN, INT_MAX)
SIMPLE: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.BOOL: st.booleans(),
    Kind.BYTES: TEXTS.map(str.encode),
    Kind.DOUBLE: st.floats(),
    Kind.DURATION: st.integers(-(10**18), 10**18).map(Duration),
    Kind.INT: INTS,
    Kind.STRING: TEXTS,
    Kind.TIMESTAMP: st.integers(0, 10**18).map(Timestamp),
    Kind.UINT: st.integers(0, UINT_MAX).map(UInt),
}
OPAQUE = [parse_ip("10.0.0.1"), parse_ip("2001:db8::1"), parse_quantity("1Gi")]
SCALARS = st.one_of(st.none(), st.sampled_from([*OPAQUE, NONE]), *SIMPLE.values())


def holding(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=20),
        st.dictionaries(TEXTS, inner, max_size=8),
        st.lists(st.tuples(INTS, inner), max_size=8, unique_by=lambda entry: entry[0]).map(make_map),
        inner.map(Optional),
    )


# Two levels by hand: what a recursive strategy would be called is longer than hypothesis likes to print.
ANYTHING = SCALARS | holding(SCALARS | holding(SCALARS))


def values(type_: Type) -> st.SearchStrategy[Any]:
    if type_.kind is Kind.LIST:
        return st.lists(values(type_.params[0]), max_size=30)
    return SIMPLE.get(type_.kind, ANYTHING)


def size(value: Any) -> int | None:
    """Measure a value as `cel.sizes` defines it; what a library makes has no size that anything knows."""
    match value:
        case str() | bytes():
            return max(1, len(value))
        case list():
            return total(value)
        case dict() | KeyedMap():
            return total([part for entry in value.items() for part in entry])
        case Optional():
            return 1 if value.value is ABSENT else size(value.value)
        case OpaqueValue():
            return None
    return 1


def total(parts: Sequence[Any]) -> int | None:
    sizes = [size(part) for part in parts]
    known = [one for one in sizes if one is not None]
    return max(1, sum(known)) if len(known) == len(sizes) else None


def call(overload: Overload, args: list[Any]) -> Any:
    assert overload.implementation is not None
    try:
        return overload.implementation(*args)
    except EvaluationError as error:
        return error


@pytest.mark.parametrize("overload", BOUNDED, ids=lambda overload: f"{overload.function} {overload.id}")
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_call_costs_more_than_its_bound(overload: Overload, data: st.DataObject) -> None:
    args = [data.draw(values(param), label=f"argument {at}") for at, param in enumerate(overload.params)]
    lengths = {f"argument {at}": size(arg) for at, arg in enumerate(args)}
    # An argument is bounded by a number, as a literal is, or by the size of something that is not known yet.
    sizes = [
        None if length is None else Size(0, {symbol: 1}) if data.draw(st.booleans()) else Size(length)
        for symbol, length in lengths.items()
    ]
    assert overload.cost.bound is not None
    bound = overload.cost.bound(sizes)
    if bound is None:
        assert any(one is None or one.parts for one in sizes), "a call of known values has a bound"
        return
    most = bound.constant + sum(factor * (lengths[symbol] or 0) for symbol, factor in bound.parts.items())
    assert overload.cost.actual(args, call(overload, args)) <= most
