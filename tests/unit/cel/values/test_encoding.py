"""Values as JSON."""

from __future__ import annotations

import math
from typing import Any

import pytest

from policy_engine.cel.libraries.authz import AllowAll, User, authorizer_value
from policy_engine.cel.libraries.quantity_text import parse_quantity
from policy_engine.cel.values import NONE, Duration, KeyedMap, Optional, Timestamp, TypeValue, UInt
from policy_engine.cel.values.encoding import encode


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (None, None),
        (True, True),
        (-5, -5),
        ("a", "a"),
        ([1, "a"], [1, "a"]),
        ({"a": {"b": 1.0}}, {"a": {"b": {"@double": 1.0}}}),
        (math.inf, {"@double": "+Inf"}),
        (-math.inf, {"@double": "-Inf"}),
        (math.nan, {"@double": "NaN"}),
        (UInt(2**64 - 1), {"@uint": 2**64 - 1}),
        (b"\x00\xff", {"@bytes": "AP8="}),
        (Timestamp(1_500_000_000, 3600), {"@timestamp": "1970-01-01T00:00:01.5Z"}),
        (Duration(5_400_500_000_000), {"@duration": "1h30m0.5s"}),
        (TypeValue("int"), {"@type": "int"}),
        (NONE, {"@optional": []}),
        (Optional(None), {"@optional": [None]}),
        (KeyedMap([(1, "a"), (True, "b")]), {"@map": [[1, "a"], [True, "b"]]}),
        ({"@a": 1}, {"@map": [["@a", 1]]}),
        (parse_quantity("1024Mi"), {"@obj": ["kubernetes.Quantity", "1Gi"]}),
        (authorizer_value(User(), AllowAll()), {"@obj": ["kubernetes.authorization.Authorizer"]}),
    ],
)
def test_encodes(value: Any, want: Any) -> None:
    encoded = encode(value)
    assert encoded == want
    assert encoded.__class__ is want.__class__


def test_keeps_the_sign_of_zero() -> None:
    assert math.copysign(1, encode(-0.0)["@double"]) == -1


def test_refuses_what_is_no_value() -> None:
    with pytest.raises(TypeError, match="not a CEL value: set"):
        encode([set()])
