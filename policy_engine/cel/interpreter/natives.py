"""What becomes of an optional's content when Kubernetes reads it as a plain Go value and takes it back.

That happens whenever an optional is resolved as a variable or as a branch of a condition, so it happens to
every result of `optMap`. Numbers, texts, lists, maps and times survive; a library's own values do not.

Source: cel-go interpreter/attributes.go, `applyQualifiers`; the `Value` method of each type.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError, NoSuchOverload
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


def through_native(optional: Optional) -> Value:
    """Give an optional's content as it comes back, or the error it has become. The optional has a value.

    An optional inside gives up its content, or null; a type becomes its name.
    """
    value = optional.value
    while value.__class__ is Optional:
        value = value.value
    if value is ABSENT:
        return None
    if value.__class__ is TypeValue:
        return value.name
    if isinstance(value, OpaqueValue) and value.cel_type.name not in _KEPT:
        inside = _INSIDE.get(value.cel_type.name)
        if inside is None:
            return NoSuchOverload("no such overload")
        return EvaluationError(f"unsupported conversion to ref.Val: ({inside}){value.text()}")
    return value
