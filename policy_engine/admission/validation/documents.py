"""A policy or a binding validated as a whole, as in a create request with strict field validation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.validation.bindings import binding_errors
from policy_engine.admission.validation.decoding import decode
from policy_engine.admission.validation.expressions import ExpressionEnvironments
from policy_engine.admission.validation.field_errors import ErrorKind, FieldError
from policy_engine.admission.validation.policies import policy_errors
from policy_engine.admission.validation.shapes import binding_shape, policy_shape
from policy_engine.cel.libraries.declare import Version

_GROUP = "admissionregistration.k8s.io"
_FIRST_V1 = Version(1, 30)
_FIRST_V1BETA1 = Version(1, 28)


def validate_policy(policy: Mapping[str, JsonValue], *, version: str) -> list[FieldError]:
    """Give everything a Kubernetes version has against a ValidatingAdmissionPolicy, in the server's order.

    What cannot be decoded at all comes alone, as on the server. Unknown fields come before the rest, though
    the server would tell of nothing else.
    """
    served = _served_version(policy, version)
    if isinstance(served, FieldError):
        return [served]
    decoded, errors = decode(policy, policy_shape(served))
    if not _is_undecodable(errors):
        errors.extend(policy_errors(decoded, _environments(version)))
    return errors


def validate_binding(binding: Mapping[str, JsonValue], *, version: str) -> list[FieldError]:
    """Give everything a Kubernetes version has against a ValidatingAdmissionPolicyBinding.

    Order as in `validate_policy`.
    """
    served = _served_version(binding, version)
    if isinstance(served, FieldError):
        return [served]
    decoded, errors = decode(binding, binding_shape(served))
    if not _is_undecodable(errors):
        errors.extend(binding_errors(decoded))
    return errors


@lru_cache(maxsize=8)
def _environments(version: str) -> ExpressionEnvironments:
    return ExpressionEnvironments(version)


def _is_undecodable(errors: list[FieldError]) -> bool:
    return any(error.kind is ErrorKind.TYPE_INVALID for error in errors)


def _served_version(document: Mapping[str, JsonValue], version: str) -> str | FieldError:
    """Give the API version that a document is written in, or say that the server does not know it."""
    api_version = document.get("apiVersion")
    present = Version.parse(version)
    if api_version == f"{_GROUP}/v1" and present >= _FIRST_V1:
        return "v1"
    if api_version == f"{_GROUP}/v1beta1" and present >= _FIRST_V1BETA1:
        return "v1beta1"
    return FieldError(
        path=("apiVersion",),
        kind=ErrorKind.UNKNOWN_KIND,
        # What kubectl says, which asks the server for the kinds it knows.
        message=f'no matches for kind "{document.get("kind", "")}" in version "{api_version}"',
    )
