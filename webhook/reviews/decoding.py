"""An AdmissionReview decoded: types are checked while the text is read, which costs next to nothing.

`policy_engine.admission.admission_review.read_review` reads the same from a decoded document, for whoever has no
server; tests hold the two together.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from policy_engine.admission.admission_review import API_VERSION, KIND
from policy_engine.admission.json_values import JsonObject, describe
from policy_engine.admission.request import AdmissionRequest, Operation, UserInfo
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from webhook.reviews.mistyped import explain
from webhook.reviews.rejections import Rejected


class _Kind(msgspec.Struct):
    group: str = ""
    version: str = ""
    kind: str = ""


class _Resource(msgspec.Struct):
    group: str = ""
    version: str = ""
    resource: str = ""


class _User(msgspec.Struct):
    username: str | None = ""
    uid: str | None = ""
    groups: tuple[str, ...] | None = ()
    extra: dict[str, tuple[str, ...] | None] | None = None


class _Request(msgspec.Struct, rename="camel"):
    uid: str
    kind: _Kind
    resource: _Resource
    operation: Operation
    sub_resource: str | None = ""
    request_kind: _Kind | None = None
    request_resource: _Resource | None = None
    request_sub_resource: str | None = ""
    name: str | None = ""
    namespace: str | None = ""
    user_info: _User | None = None
    object: msgspec.Raw = msgspec.Raw(b"null")
    old_object: msgspec.Raw = msgspec.Raw(b"null")
    options: msgspec.Raw = msgspec.Raw(b"null")
    dry_run: bool | None = False


class _Review(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    request: _Request | None = None


_NULL = b"null"
_decoder = msgspec.json.Decoder(_Review)


def decode_review(body: bytes | bytearray) -> AdmissionRequest:
    """Decode a body. Raises: Rejected where it is no AdmissionReview of v1, or a field is of the wrong type."""
    try:
        review = _decoder.decode(body)
    except msgspec.ValidationError as error:
        raise Rejected("malformed", f"not an {KIND} ({API_VERSION}): {explain(str(error))}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _not_json(error) from None
    if review.kind != KIND or review.api_version != API_VERSION:
        found = f"`{review.kind[:100]}` (`{review.api_version[:100]}`)"
        raise Rejected("version", f"expected {KIND} ({API_VERSION}), found {found}")
    request = review.request
    if request is None:
        raise Rejected("malformed", "request: expected an object, found nothing")
    if not request.uid:
        raise Rejected("malformed", "request.uid: expected the review's uid, found nothing")
    kind = _kind(request.kind)
    resource = _resource(request.resource)
    subresource = request.sub_resource or ""
    user = request.user_info
    return AdmissionRequest(
        operation=request.operation,
        kind=kind,
        resource=resource,
        subresource=subresource,
        request_kind=kind if request.request_kind is None else _kind(request.request_kind),
        request_resource=resource if request.request_resource is None else _resource(request.request_resource),
        request_subresource=request.request_sub_resource or subresource,
        namespace=request.namespace or "",
        name=request.name or "",
        user=None if user is None else _user(user),
        object=_object(request.object, "object"),
        old_object=_object(request.old_object, "oldObject"),
        options=_object(request.options, "options"),
        dry_run=bool(request.dry_run),
        uid=request.uid,
        size_bytes=len(body),
    )


def _kind(value: _Kind) -> GroupVersionKind:
    return GroupVersionKind(value.group, value.version, value.kind)


def _resource(value: _Resource) -> GroupVersionResource:
    return GroupVersionResource(value.group, value.version, value.resource)


def _user(value: _User) -> UserInfo:
    return UserInfo(
        username=value.username or "",
        uid=value.uid or "",
        groups=value.groups or (),
        extra={key: values or () for key, values in value.extra.items()} if value.extra else {},
    )


def _object(text: msgspec.Raw, name: str) -> JsonObject | None:
    if _is_null(text):
        return None
    try:
        value: Any = orjson.loads(memoryview(text))
    except orjson.JSONDecodeError as error:
        raise _not_json(error, where=f"request.{name}: ") from None
    if not isinstance(value, dict):
        raise Rejected("malformed", f"request.{name}: expected an object, found {describe(value)}")
    return value


def _is_null(text: msgspec.Raw) -> bool:
    return len(text) == len(_NULL) and bytes(text) == _NULL


def _not_json(error: Exception, *, where: str = "") -> Rejected:
    if isinstance(error, RecursionError) or "ecursion" in str(error):
        return Rejected("too-deep", f"{where}lists and objects are nested too deeply")
    if isinstance(error, UnicodeDecodeError) or "not valid UTF-8" in str(error):
        return Rejected("malformed", f"{where}not JSON: a string is not UTF-8")
    return Rejected("malformed", f"{where}not JSON: {str(error).removeprefix('JSON is malformed: ')}")
