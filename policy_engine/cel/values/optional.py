"""CEL's optional values."""

from __future__ import annotations

from typing import Any, Final


class Absent:
    """The class of ABSENT."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()
"""Stands for no value inside an optional chain or a failed lookup; never a CEL value itself."""


class Optional:
    """`optional.of(value)`, or `optional.none()` when value is ABSENT."""

    __slots__ = ("value",)

    def __init__(self, value: Any = ABSENT) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "optional.none()" if self.value is ABSENT else f"optional.of({self.value!r})"


NONE: Final = Optional()
