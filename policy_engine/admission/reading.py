"""Requests read from the `request` of an AdmissionReview (admission.k8s.io/v1)."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.admission.json_values import JsonObject, JsonValue, describe
from policy_engine.admission.request import AdmissionRequest, Operation, UserInfo
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.errors import InputError


def read_request(request: Mapping[str, JsonValue], *, size_bytes: int | None = None) -> AdmissionRequest:
    """Read the `request` of an AdmissionReview (admission.k8s.io/v1).

    Raises: InputError where a field is missing or of the wrong type.
    """
    kind = _kind(request, "kind")
    resource = _resource(request, "resource")
    subresource = _string(request, "subResource")
    return AdmissionRequest(
        operation=read_operation(request),
        kind=kind,
        resource=resource,
        subresource=subresource,
        request_kind=_kind(request, "requestKind") if request.get("requestKind") else kind,
        request_resource=_resource(request, "requestResource") if request.get("requestResource") else resource,
        request_subresource=_string(request, "requestSubResource") or subresource,
        namespace=_string(request, "namespace"),
        name=_string(request, "name"),
        user=_user(request),
        object=_object(request, "object"),
        old_object=_object(request, "oldObject"),
        options=_object(request, "options"),
        dry_run=request.get("dryRun") is True,
        uid=_string(request, "uid"),
        size_bytes=size_bytes,
    )


def read_operation(request: Mapping[str, JsonValue]) -> Operation:
    """Read `operation`. Raises: InputError where it is none that admission knows."""
    operation = _string(request, "operation")
    try:
        return Operation(operation)
    except ValueError:
        known = ", ".join(Operation)
        raise InputError(f"request.operation: expected one of {known}, found `{operation}`") from None


def _kind(request: Mapping[str, JsonValue], name: str) -> GroupVersionKind:
    value = _mapping(request, name)
    return GroupVersionKind(
        _string(value, "group", name), _string(value, "version", name), _string(value, "kind", name)
    )


def _resource(request: Mapping[str, JsonValue], name: str) -> GroupVersionResource:
    value = _mapping(request, name)
    return GroupVersionResource(
        _string(value, "group", name), _string(value, "version", name), _string(value, "resource", name)
    )


def _user(request: Mapping[str, JsonValue]) -> UserInfo | None:
    value = request.get("userInfo")
    if value is None:
        return None
    if not isinstance(value, dict):
        raise InputError(f"request.userInfo: expected an object, found {describe(value)}")
    return read_user(value)


def read_user(value: JsonValue) -> UserInfo:
    """Read `userInfo` of an AdmissionReview. Raises: InputError where it, or a field, is of the wrong type."""
    if not isinstance(value, dict):
        raise InputError(f"request.userInfo: expected an object, found {describe(value)}")
    return UserInfo(
        username=_string(value, "username", "userInfo"),
        uid=_string(value, "uid", "userInfo"),
        groups=_strings(value.get("groups"), "userInfo.groups"),
        extra={
            key: _strings(values, f"userInfo.extra.{key}")
            for key, values in (_object(value, "extra", "userInfo") or {}).items()
        },
    )


def _mapping(request: Mapping[str, JsonValue], name: str) -> Mapping[str, JsonValue]:
    value = request.get(name)
    if not isinstance(value, dict):
        raise InputError(f"request.{name}: expected an object, found {describe(value)}")
    return value


def _object(request: Mapping[str, JsonValue], name: str, parent: str = "") -> JsonObject | None:
    value = request.get(name)
    if value is not None and not isinstance(value, dict):
        raise InputError(f"request.{_path(parent, name)}: expected an object, found {describe(value)}")
    return value


def _string(request: Mapping[str, JsonValue], name: str, parent: str = "") -> str:
    value = request.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InputError(f"request.{_path(parent, name)}: expected a string, found {describe(value)}")
    return value


def _strings(value: JsonValue, path: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise InputError(f"request.{path}: expected a list of strings, found {describe(value)}")
    return tuple(value)


def _path(parent: str, name: str) -> str:
    return f"{parent}.{name}" if parent else name
