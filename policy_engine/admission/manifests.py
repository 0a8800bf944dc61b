"""Requests made from manifests: what the API server would be asked if someone applied one."""

from __future__ import annotations

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.objects import object_name, object_namespace
from policy_engine.admission.request import AdmissionRequest, Operation, UserInfo
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.errors import InputError


def request_from_manifest(
    value: JsonObject | None,
    old: JsonObject | None = None,
    *,
    kinds: Kinds = BUILT_IN_KINDS,
    default_namespace: str = "default",
    user: UserInfo | None = None,
    size_bytes: int | None = None,
) -> AdmissionRequest:
    """Turn a manifest into the request of applying it: CREATE, with an old one UPDATE, with only that DELETE.

    An old manifest of another version is converted where that takes no more than another apiVersion.

    default_namespace: for namespaced kinds whose manifest names none, as kubectl does.

    Raises: InputError where a manifest has no apiVersion or kind, or neither manifest is there.
    """
    subject = value if value is not None else old
    if subject is None:
        raise InputError("expected a manifest, found nothing")
    kind = kind_of(subject)
    found = kinds.guess(kind)
    if value is None:
        operation = Operation.DELETE
    else:
        operation = Operation.CREATE if old is None else Operation.UPDATE
    is_unconverted = False
    if value is not None and old is not None and kind_of(old) != kind:
        is_unconverted = not kinds.shares_schema(kind_of(old), kind)
        old = {**old, "apiVersion": kind.api_version}
    return AdmissionRequest.of(
        operation,
        kind=kind,
        resource=found.resource,
        object=value,
        old_object=old,
        namespace=_namespace(subject, kind, found.namespaced, default_namespace),
        user=user,
        is_old_unconverted=is_unconverted,
        size_bytes=size_bytes,
    )


def kind_of(manifest: JsonObject) -> GroupVersionKind:
    """Read a manifest's kind. Raises: InputError where apiVersion or kind is missing."""
    api_version, kind = manifest.get("apiVersion"), manifest.get("kind")
    if not isinstance(api_version, str) or not api_version:
        raise InputError("expected `apiVersion` to be a string that is not empty")
    if not isinstance(kind, str) or not kind:
        raise InputError("expected `kind` to be a string that is not empty")
    return GroupVersionKind.parse(api_version, kind)


def namespace_of(
    manifest: JsonObject, kind: GroupVersionKind, *, kinds: Kinds = BUILT_IN_KINDS, default: str = "default"
) -> str:
    """Give the namespace that a manifest's request would have; empty for cluster-scoped kinds."""
    return _namespace(manifest, kind, kinds.guess(kind).namespaced, default)


def _namespace(manifest: JsonObject, kind: GroupVersionKind, namespaced: bool | None, default: str) -> str:
    if kind == ("", "v1", "Namespace"):
        return object_name(manifest)  # the API server sees a Namespace inside itself
    if namespaced is False:
        return ""
    return object_namespace(manifest) or (default if namespaced else "")
