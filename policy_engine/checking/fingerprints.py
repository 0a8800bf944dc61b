"""What makes two findings the same one, in two revisions of a file or in two runs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from policy_engine.admission.decisions import Decision
from policy_engine.admission.kinds import BUILT_IN_KINDS
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.field_paths import FieldPath
from policy_engine.reports.findings import ObjectName
from policy_engine.sources.values import JsonValue

_LENGTH = 32  # hexadecimal digits: 128 bits of SHA-256


def fingerprint(decision: Decision, about: ObjectName, message: str, *, path: str, field: str) -> str:
    """Give a finding's fingerprint: who says what about which field of which object.

    Lines, files, versions of a kind and places in a list do not count: a manifest may move, and a container may
    come to stand before another. The message does: whoever makes a fault worse makes another one, where the
    message says how bad it is.

    message: without what is secret. path: counts only for an object without a name. field: as `symbolic` gives it,
    or empty to leave it out.
    """
    group, kind = BUILT_IN_KINDS.family(GroupVersionKind.parse(about.api_version, about.kind))
    return digest(
        [
            decision.policy,
            decision.binding,
            decision.param,
            decision.place,
            group,
            kind,
            about.namespace,
            about.name,
            "" if about.name else path,
            field,
            message,
        ]
    )


def digest(parts: Iterable[str]) -> str:
    """Give a short hash of texts, different for different ones."""
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.sha256(joined).hexdigest()[:_LENGTH]


def symbolic(value: JsonValue, field: FieldPath) -> str:
    """Write a field path with elements of lists by their own name, as Kubernetes merges lists."""
    return "\0".join(_steps(value, field))


def _steps(value: JsonValue, field: FieldPath) -> Iterable[str]:
    for step in field:
        if isinstance(step, str):
            yield step
            value = value.get(step) if isinstance(value, dict) else None
            continue
        value = value[step] if isinstance(value, list) and step < len(value) else None
        name = value.get("name") if isinstance(value, dict) else None
        yield f"[{name}]" if isinstance(name, str) else "[]"
