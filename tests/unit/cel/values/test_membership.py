from __future__ import annotations

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policy_engine.cel.values import Duration, Timestamp, UInt, equal
from policy_engine.cel.values.membership import Membership

_NUMBERS = st.sampled_from(
    [0, 1, 9007199254740992, 9007199254740993, 0.0, -0.0, 1.0, 1.5, 9007199254740992.0, math.nan]
) | st.sampled_from([UInt(0), UInt(1), UInt(9007199254740993)])
_SCALARS = (
    _NUMBERS
    | st.sampled_from(["", "1", b"", b"1", True, False, None])
    | st.sampled_from([Duration(1), Timestamp(1), Timestamp(1, 60)])
)
_VALUES: st.SearchStrategy[Any] = st.recursive(_SCALARS, lambda inner: st.lists(inner, max_size=2), max_leaves=3)


@given(st.lists(_VALUES, max_size=8), _VALUES)
def test_holds_what_equals_one_of_its_values(values: list[Any], value: Any) -> None:
    assert (value in Membership(values)) is any(equal(value, other) for other in values)
