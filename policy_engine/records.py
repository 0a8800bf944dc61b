"""Values with named fields, made cheaply: a command imports a hundred such classes before it does anything.

A `record` is a slotted dataclass that type checkers keep from being changed. At run time nothing does: a frozen
dataclass takes three times as long to define, and its instances three times as long to make.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar, dataclass_transform, overload

_T = TypeVar("_T")


@overload
def record(cls: type[_T], /) -> type[_T]: ...


@overload
def record(*, kw_only: bool = False) -> Callable[[type[_T]], type[_T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: type[_T] | None = None, /, *, kw_only: bool = False) -> type[_T] | Callable[[type[_T]], type[_T]]:
    """Make a class a record. INVARIANT: records are shared, between threads too, and never changed.

    Two are equal if their classes and all fields are, but for fields with `compare=False`.
    """

    def make(plain: type[_T]) -> type[_T]:
        own = plain.__dict__
        made = dataclass(slots=True, eq=False, repr=False, kw_only=kw_only)(plain)
        for name, method in _METHODS.items():
            if name not in own:
                setattr(made, name, method)
        return made

    return make if cls is None else make(cls)


def _compared(self: Any) -> tuple[Any, ...]:
    return tuple([getattr(self, part.name) for part in fields(self) if part.compare])


def _equal(self: Any, other: object) -> Any:
    if self is other:
        return True
    if self.__class__ is not other.__class__:
        return NotImplemented
    return _compared(self) == _compared(other)


def _hash(self: Any) -> int:
    return hash(_compared(self))


def _show(self: Any) -> str:
    shown = [f"{part.name}={getattr(self, part.name)!r}" for part in fields(self) if part.repr]
    return f"{self.__class__.__qualname__}({', '.join(shown)})"


_METHODS = {"__eq__": _equal, "__hash__": _hash, "__repr__": _show}
