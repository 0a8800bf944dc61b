"""AdmissionReview (admission.k8s.io/v1), as the API server sends it to webhooks and expects it back."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.admission.audit import FAILURE_KEY
from policy_engine.admission.json_values import JsonObject, JsonValue, describe
from policy_engine.admission.reading import read_request
from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.verdict import Verdict
from policy_engine.cel.libraries.name_rules import MAX_LABEL_BYTES
from policy_engine.errors import InputError

API_VERSION = "admission.k8s.io/v1"
KIND = "AdmissionReview"


def read_review(document: Mapping[str, JsonValue], *, size_bytes: int | None = None) -> AdmissionRequest:
    """Read the request out of an AdmissionReview. Raises: InputError where it is none, or not well formed."""
    api_version, kind = document.get("apiVersion"), document.get("kind")
    if (api_version, kind) != (API_VERSION, KIND):
        raise InputError(f"expected {KIND} ({API_VERSION}), found `{kind}` (`{api_version}`)")
    request = document.get("request")
    if not isinstance(request, dict):
        raise InputError(f"request: expected an object, found {describe(request)}")
    return read_request(request, size_bytes=size_bytes)


def write_response(verdict: Verdict) -> JsonObject:
    """Write the AdmissionReview that answers a request.

    The API server puts `admission webhook "..." denied the request: ` before the message, so the message starts
    where kube-apiserver's own starts to name the policy; unlike its own, it tells every denial.
    """
    if verdict.is_silent:
        response: JsonObject = {"uid": verdict.request.uid, "allowed": True}
        return {"apiVersion": API_VERSION, "kind": KIND, "response": response}
    wire = verdict.wire
    response = {"uid": verdict.request.uid, "allowed": wire.allowed}
    if not wire.allowed:
        told = dict.fromkeys(denial.headline if denial.policy else denial.message for denial in verdict.denials)
        response["status"] = {
            "status": "Failure",
            "code": wire.code,
            "reason": wire.reason,
            "message": "; ".join(told),
        }
    warnings = verdict.wire.warnings
    if warnings:
        response["warnings"] = list(warnings)
    if verdict.audit_annotations:
        annotations = verdict.audit_annotations
        response["auditAnnotations"] = {_webhook_key(key): value for key, value in annotations.items()}
    return {"apiVersion": API_VERSION, "kind": KIND, "response": response}


def _webhook_key(key: str) -> str:
    """Give a key without a slash: the API server puts `<webhook>/` before it and refuses a second one."""
    if key == FAILURE_KEY:
        return key.rpartition("/")[2]
    return key.replace("/", ".")[-MAX_LABEL_BYTES:].lstrip("-._")
