"""A change to judge, as the API server describes it to admission."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.objects import generate_name, has_metadata, object_name
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.records import record


class Operation(StrEnum):
    """What is done to the object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"
    CONNECT = "CONNECT"


@record(kw_only=True)
class UserInfo:
    """Who asks. Empty fields are absent in expressions, as in Kubernetes."""

    username: str = ""
    uid: str = ""
    groups: tuple[str, ...] = ()
    extra: Mapping[str, Sequence[str]] = field(default_factory=dict)


@record(kw_only=True)
class AdmissionRequest:
    """One change. Objects are decoded JSON, not copied and never written to.

    kind, resource: of the objects as they are handed in.
    request_kind, request_resource: what the client asked for; they differ only where a server converted.
    namespace: empty for cluster-scoped objects; for a Namespace its own name.
    user: None where nobody knows who asks (a merge request, a file).
    is_old_unconverted: old_object is of a version that only a server can convert to that of the object; what
        reads it is skipped.
    size_bytes: the JSON size of the objects where it is known; it only tightens the cost bounds.
    """

    operation: Operation
    kind: GroupVersionKind
    resource: GroupVersionResource
    subresource: str = ""
    request_kind: GroupVersionKind
    request_resource: GroupVersionResource
    request_subresource: str = ""
    namespace: str = ""
    name: str = ""
    user: UserInfo | None = None
    object: JsonObject | None = None
    old_object: JsonObject | None = None
    options: JsonObject | None = None
    dry_run: bool = False
    uid: str = ""
    is_old_unconverted: bool = False
    size_bytes: int | None = None

    @classmethod
    def of(
        cls,
        operation: Operation,
        *,
        kind: GroupVersionKind,
        resource: GroupVersionResource,
        object: JsonObject | None = None,
        old_object: JsonObject | None = None,
        options: JsonObject | None = None,
        subresource: str = "",
        namespace: str = "",
        name: str | None = None,
        user: UserInfo | None = None,
        dry_run: bool = False,
        is_old_unconverted: bool = False,
        size_bytes: int | None = None,
    ) -> AdmissionRequest:
        """Make a request that nobody converted; the name defaults to that of the object."""
        return cls(
            operation=operation,
            kind=kind,
            resource=resource,
            subresource=subresource,
            request_kind=kind,
            request_resource=resource,
            request_subresource=subresource,
            namespace=namespace,
            name=object_name(object if object is not None else old_object) if name is None else name,
            user=user,
            object=object,
            old_object=old_object,
            options=options,
            dry_run=dry_run,
            is_old_unconverted=is_old_unconverted,
            size_bytes=size_bytes,
        )


def display_name(request: AdmissionRequest) -> str:
    """Name the object of a request as denials name it.

    Source: k8s.io/apiserver pkg/admission/errors.go, `extractResourceName`.
    """
    if request.name:
        return request.name
    if request.object is None:
        return "Unknown"
    if not has_metadata(request.kind):
        return "Unknown/errorGettingName"
    return object_name(request.object) or generate_name(request.object) or "Unknown"
