from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel import types as t
from policy_engine.cel.values import (
    NONE,
    Duration,
    Optional,
    Timestamp,
    TypeValue,
    UInt,
    make_map,
    matches,
    type_name,
    type_of,
)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (None, "null_type"),
        (True, "bool"),
        (1, "int"),
        (UInt(1), "uint"),
        (1.0, "double"),
        ("a", "string"),
        (b"a", "bytes"),
        ([], "list"),
        ({}, "map"),
        (make_map([(1, 1)]), "map"),
        (NONE, "optional_type"),
        (Duration(0), "google.protobuf.Duration"),
        (Timestamp(0), "google.protobuf.Timestamp"),
        (TypeValue("int"), "type"),
    ],
)
def test_names_the_type_of_every_value(value: Any, name: str) -> None:
    assert type_name(value) == name
    assert type_of(value) == TypeValue(name)


def test_what_is_no_value_has_no_type() -> None:
    with pytest.raises(TypeError, match="not a CEL value: object"):
        type_name(object())


@pytest.mark.parametrize(
    ("type_", "value", "is_match"),
    [
        (t.INT, 1, True),
        (t.INT, True, False),
        (t.INT, UInt(1), False),
        (t.INT, 1.0, False),
        (t.INT, None, False),
        (t.wrapper(t.INT), None, True),
        (t.DYN, None, True),
        (t.T, [1], True),
        (t.list_of(t.INT), [], True),
        (t.list_of(t.INT), [1, "a"], True),
        (t.list_of(t.INT), ["a", 1], False),
        (t.list_of(t.T), {"a": 1}, False),
        (t.map_of(t.STRING, t.INT), {"a": 1, "b": "c"}, True),
        (t.map_of(t.STRING, t.INT), {"a": "b"}, False),
        (t.map_of(t.DYN, t.DYN), make_map([(1, 1)]), True),
        (t.optional_of(t.INT), Optional("a"), True),
        (t.optional_of(t.INT), 1, False),
        (t.opaque("kubernetes.Quantity"), "1", False),
        (t.TYPE, TypeValue("int"), True),
    ],
)
def test_looks_at_the_first_element_and_no_further(type_: t.Type, value: Any, is_match: bool) -> None:
    assert matches(type_, value) is is_match
