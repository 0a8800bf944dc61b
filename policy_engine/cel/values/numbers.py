"""Numbers beyond Python's own: CEL's unsigned integer, the ranges of both integers, lossless conversions."""

from __future__ import annotations

from typing import Final

INT_MIN: Final = -(1 << 63)
INT_MAX: Final = (1 << 63) - 1
UINT_MAX: Final = (1 << 64) - 1

# As doubles. INT_MAX itself has no double; cel-go compares with its nearest, 2**63.
_TWO_TO_63: Final = 9223372036854775808.0
_TWO_TO_64: Final = 18446744073709551616.0


class UInt(int):
    """An unsigned 64-bit integer. Never comes out of JSON: only `1u`, `uint(x)` and arithmetic make one."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"{int(self)}u"


def double_to_int(value: float) -> int | None:
    """Truncate a double to an int; None where it does not fit (both ends of the range are refused).

    Source: cel-go common/types/overflow.go, `doubleToInt64Checked`.
    """
    return int(value) if -_TWO_TO_63 < value < _TWO_TO_63 else None


def double_to_uint(value: float) -> UInt | None:
    """Truncate a double to a uint; None where it does not fit.

    Source: cel-go common/types/overflow.go, `doubleToUint64Checked`.
    """
    return UInt(value) if 0 <= value < _TWO_TO_64 else None
