"""What a request leaves in the audit log.

Source: k8s.io/apiserver pkg/admission/plugin/policy/validating/dispatcher.go.
"""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.admission.decisions import Decision
from policy_engine.admission.evaluation import Annotation
from policy_engine.admission.gojson import encode_json
from policy_engine.cel.go_strings import encode

FAILURE_KEY = "validation.policy.admission.k8s.io/validation_failure"
MAX_FAILURES = 50
MAX_VALUE_BYTES = 10 * 1024  # dispatcher.go, maxAuditAnnotationValueLength


def audit_annotations(failures: Iterable[Decision], values: Iterable[tuple[str, Annotation]]) -> dict[str, str]:
    """Give the audit annotations.

    failures: decisions with action Audit; they share one annotation. Kubernetes up to 1.36 keeps only the first
        of them, which upstream has mended since (kubernetes/kubernetes#140001); this follows the mended form.
    values: (policy, annotation) pairs; several values of one key are joined, each only once.
    """
    annotations: dict[str, str] = {}
    listed = [_failure(decision) for decision in failures][:MAX_FAILURES]
    if listed:
        annotations[FAILURE_KEY] = encode_json(listed)
    collected: dict[str, list[str]] = {}
    for policy, annotation in values:
        known = collected.setdefault(f"{policy}/{annotation.key}", [])
        value = _cut(annotation.value)
        if value not in known:
            known.append(value)
    annotations.update((key, ", ".join(known)) for key, known in collected.items())
    return annotations


def _failure(decision: Decision) -> dict[str, object]:
    return {
        "message": decision.message,
        "policy": decision.policy,
        "binding": decision.binding,
        "expressionIndex": decision.index,
        "validationActions": list(decision.actions),
    }


def _cut(value: str) -> str:
    data = encode(value)
    return value if len(data) <= MAX_VALUE_BYTES else data[:MAX_VALUE_BYTES].decode("utf-8", "replace")
