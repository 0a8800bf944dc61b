"""Types as run-time values: what `type(x)` gives and `int` names."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TypeValue:
    """A type as a value; equal to another of the same name."""

    name: str
