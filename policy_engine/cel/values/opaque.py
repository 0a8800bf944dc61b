"""The base of values that belong to one library, such as a Quantity or an IP address."""

from __future__ import annotations

from typing import ClassVar

from policy_engine.cel.types import Type


class OpaqueValue:
    """A library's own value. Subclasses define `__eq__` as CEL's `==` has it, and `__hash__`.

    `__eq__` is only asked about values of the same class: `values.equal` refuses any other, as Kubernetes.

    is_key_by_value: whether two equal values are the same map key. Go decides that by a value's memory
        layout: an IP address is a plain struct and found again, a Quantity holds a pointer and is not.
    """

    __slots__ = ()
    cel_type: ClassVar[Type]
    is_key_by_value: ClassVar[bool] = False

    def cost_size(self) -> int:
        """Give the size that costs are computed from; 1 unless Kubernetes' type has a size of its own."""
        return 1

    def text(self) -> str | None:
        """Give the canonical text shown to people, or None where there is none."""
        return None
