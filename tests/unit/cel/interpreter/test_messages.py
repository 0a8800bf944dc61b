from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.interpreter.messages import Empty, message_maker
from policy_engine.cel.values import Duration, Optional, Timestamp, UInt


def make(name: str, **fields: Any) -> Any:
    return message_maker(f"google.protobuf.{name}")(fields)


@pytest.mark.parametrize(
    ("name", "fields", "expected"),
    [
        ("BoolValue", {}, False),
        ("Int32Value", {"value": -3}, -3),
        ("UInt64Value", {"value": UInt(3)}, UInt(3)),
        ("FloatValue", {"value": 0.1}, 0.10000000149011612),
        ("FloatValue", {"value": -1e300}, float("-inf")),
        ("BytesValue", {"value": b"x"}, b"x"),
        ("StringValue", {"value": Optional("x")}, "x"),
        ("Duration", {"seconds": 1, "nanos": -5}, Duration(999_999_995)),
        ("Duration", {"seconds": 1 << 62}, Duration((1 << 63) - 1)),
        ("Timestamp", {"nanos": 2_000_000_000}, Timestamp(2_000_000_000)),
        ("Struct", {"fields": {"a": 1, "b": [b"x", None, True]}}, {"a": 1.0, "b": ["eA==", None, True]}),
        ("Struct", {"fields": {"a": (1 << 53) + 1}}, {"a": "9007199254740993"}),
        ("ListValue", {"values": [Duration(1_500_000_000)]}, ["1.5s"]),
        ("Value", {}, None),
        ("Value", {"null_value": 0}, None),
        ("Value", {"number_value": 1.0, "string_value": "last"}, "last"),
        ("Empty", {}, Empty()),
    ],
)
def test_messages_become_values(name: str, fields: dict[str, Any], expected: Any) -> None:
    made = make(name, **fields)

    assert made == expected
    assert made.__class__ is expected.__class__


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("Int32Value", {"value": 1 << 31}, "Int32Value.value value type: integer overflow"),
        ("UInt32Value", {"value": UInt(1 << 32)}, "UInt32Value.value value type: unsigned integer overflow"),
        (
            "Int64Value",
            {"value": "a"},
            "Int64Value.value value type: unsupported native conversion from string to 'int64'",
        ),
        (
            "DoubleValue",
            {"value": 1},
            "DoubleValue.value value type: unsupported type conversion from 'int' to float64",
        ),
        (
            "Struct",
            {"fields": {"a": Optional()}},
            "Struct.fields value type: optional.none() dereference",
        ),
    ],
)
def test_values_that_do_not_fit_are_refused(name: str, fields: dict[str, Any], message: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        make(name, **fields)

    assert refused.value.message == f"field type conversion error for google.protobuf.{message}"


def test_collections_must_be_collections() -> None:
    with pytest.raises(EvaluationError, match=r"unsupported field type for .*\.ListValue\.values: int"):
        make("ListValue", values=1)


@pytest.mark.parametrize("name", ["google.protobuf.FieldMask", "kubernetes.AdmissionRequest"])
def test_of_other_messages_nothing_can_be_made(name: str) -> None:
    with pytest.raises(EvaluationError) as refused:
        message_maker(name)({})

    assert refused.value.message == f"unknown type '{name}'"
