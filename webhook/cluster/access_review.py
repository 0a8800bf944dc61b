"""Questions to an authorizer as SubjectAccessReviews, and their answers.

Source: apiserver plugin/pkg/authorizer/webhook/webhook.go, and pkg/registry/authorization/subjectaccessreview for
the way back.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.cel.libraries.authz import Answer, Attributes, Ruling
from policy_engine.cel.libraries.selectors import Requirement
from webhook.cluster.paths import resource_path

PATH: Final = resource_path("authorization.k8s.io", "v1", "subjectaccessreviews")

_ANY_VERSION: Final = "*"  # apiserver pkg/cel/library/authz.go: questions of expressions are about all versions

_OPERATORS: Final = {
    "=": "In",
    "==": "In",
    "in": "In",
    "!=": "NotIn",
    "notin": "NotIn",
    "exists": "Exists",
    "!": "DoesNotExist",
}


def review_spec(attributes: Attributes) -> JsonObject:
    """Write a question as the `spec` of a SubjectAccessReview."""
    user = attributes.user
    spec: JsonObject = {
        "user": user.username,
        "uid": user.uid,
        "groups": list(user.groups),
        "extra": {key: list(values) for key, values in user.extra.items()},
    }
    if attributes.is_resource_request:
        spec["resourceAttributes"] = _resource_attributes(attributes)
    else:
        spec["nonResourceAttributes"] = {"path": attributes.path, "verb": attributes.verb}
    return {key: value for key, value in spec.items() if value}


def review_answer(review: JsonObject) -> Answer:
    """Read the server's answer. Without a status it is an error, never an allow."""
    status = review.get("status")
    if not isinstance(status, dict):
        return Answer(error="the API server answered a SubjectAccessReview without a status")
    reason, error = _text(status.get("reason")), _text(status.get("evaluationError")) or None
    allowed, denied = status.get("allowed") is True, status.get("denied") is True
    if allowed and denied:
        return Answer(Ruling.DENY, reason, "subject access review returned both allow and deny response")
    if denied:
        return Answer(Ruling.DENY, reason, error)
    return Answer(Ruling.ALLOW if allowed else Ruling.NO_OPINION, reason, error)


def _resource_attributes(attributes: Attributes) -> JsonObject:
    about: JsonObject = {
        "namespace": attributes.namespace,
        "verb": attributes.verb,
        "group": attributes.api_group,
        "version": _ANY_VERSION,
        "resource": attributes.resource,
        "subresource": attributes.subresource,
        "name": attributes.name,
        "fieldSelector": _selector(attributes.field_selector),
        "labelSelector": _selector(attributes.label_selector),
    }
    return {key: value for key, value in about.items() if value}


def _selector(requirements: Iterable[Requirement]) -> JsonObject | None:
    """Write a selector. Requirements that the API cannot hold are left out: the question only becomes broader."""
    written: list[JsonObject] = []
    for requirement in requirements:
        operator = _OPERATORS.get(requirement.operator)
        if operator is not None:
            values = {"values": list(requirement.values)} if requirement.values else {}
            written.append({"key": requirement.key, "operator": operator, **values})
    return {"requirements": written} if written else None


def _text(value: JsonValue) -> str:
    return value if isinstance(value, str) else ""
