"""What becomes of an optional's content when Kubernetes reads it as a plain Go value and takes it back.

That happens whenever an optional is resolved as a variable or as a branch of a condition, so it happens to
every result of `optMap`. Numbers, texts, lists, maps and times survive; a library's own values do not. In a
list that was joined of two, it happens to each element.

Source: cel-go interpreter/attributes.go, `applyQualifiers`; the `Value` method of each type in common/types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
from policy_engine.cel.interpreter.dispatch import Callee
from policy_engine.cel.interpreter.frame import Frame
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import ABSENT, Optional
from policy_engine.cel.values.types import TypeValue

# The Go types inside. Nothing turns them into CEL values again.
_INSIDE: Final = {
    "kubernetes.Quantity": "*resource.Quantity",
    "kubernetes.Semver": "semver.Version",
    "kubernetes.URL": "*url.URL",
    "net.CIDR": "netip.Prefix",
    "net.IP": "netip.Addr",
}
_KEPT: Final = frozenset({"google.protobuf.Empty", "kubernetes.NamedFormat"})


@dataclass(slots=True, eq=False, repr=False)
class Joining:
    """`a + b`, which remembers the lists that it has joined."""

    general: Callee

    def invoke(self, frame: Frame, args: Sequence[Value]) -> Value:
        """Add; a list that is none of the operands is a joined one."""
        result = self.general.invoke(frame, args)
        if result.__class__ is list and result is not args[0] and result is not args[1]:
            frame.joined[id(result)] = result
        return result


def through_native(frame: Frame, value: Value) -> Value:
    """Give an optional's content as it comes back, or the error it has become.

    An optional inside gives up its content, or null; a type becomes its name.
    """
    while value.__class__ is Optional:
        value = value.value
    if value is ABSENT:
        return None
    if value.__class__ is TypeValue:
        return value.name
    if value.__class__ is list and id(value) in frame.joined:
        return [through_native(frame, item) for item in value]
    if isinstance(value, OpaqueValue) and value.cel_type.name not in _KEPT:
        inside = _INSIDE.get(value.cel_type.name)
        if inside is None:
            return NoSuchOverload("no such overload")
        return EvaluationError(f"unsupported conversion to ref.Val: ({inside}){value.text()}")
    return value
