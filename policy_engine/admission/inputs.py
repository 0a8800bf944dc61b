"""What expressions read: the values of `object`, `request`, `namespaceObject` and the others.

Everything is made when it is first wanted and once for a request, since most policies read little of it.

Source: k8s.io/apiserver pkg/admission/plugin/cel/activation.go and condition.go.
"""

from __future__ import annotations

import orjson

from policy_engine.admission.context import Context, Unknown
from policy_engine.admission.environment import REQUEST_RESOURCE
from policy_engine.admission.expressions import Need
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.matching import Target
from policy_engine.admission.request import AdmissionRequest, UserInfo
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.cel.libraries.authz import ResourceAttributes, authorizer_value, resource_check_value
from policy_engine.cel.libraries.declare import Value

_NAMESPACE_KIND = ("", "v1", "Namespace")
_NOT_FOUND = Unknown("not found")
_NOTHING: frozenset[Need] = frozenset()
_REST_OF_REQUEST = 2000  # bytes: kinds, resources, names
# What of a Namespace's metadata expressions can see.
_NAMESPACE_METADATA = (
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "finalizers",
)


def request_value(request: AdmissionRequest, resource: GroupVersionResource, kind: GroupVersionKind) -> JsonObject:
    """Give the value of `request`: Go's omitempty leaves out what is empty, but for a few fields.

    resource, kind: as the policy's rules match them; `requestResource` and `requestKind` are the original ones.
    """
    value: JsonObject = {
        "uid": "",
        "kind": {"group": kind.group, "version": kind.version, "kind": kind.kind},
        "resource": {"group": resource.group, "version": resource.version, "resource": resource.resource},
        "requestKind": request.request_kind._asdict(),
        "requestResource": request.request_resource._asdict(),
        "operation": request.operation.value,
        "userInfo": _user_value(request.user or UserInfo()),
        "object": None,
        "oldObject": None,
        "dryRun": request.dry_run,
        "options": request.options,
    }
    if request.request_subresource:
        value["subResource"] = value["requestSubResource"] = request.request_subresource
    if request.name:
        value["name"] = request.name
    if request.namespace:
        value["namespace"] = request.namespace
    return value


def namespace_value(namespace: JsonObject) -> JsonObject:
    """Give the value of `namespaceObject`: spec, status and the part of the metadata that policies may see."""
    metadata = namespace.get("metadata")
    visible = metadata if isinstance(metadata, dict) else {}
    return {
        "metadata": {name: visible[name] for name in _NAMESPACE_METADATA if visible.get(name)},
        "spec": namespace.get("spec") or {},
        "status": namespace.get("status") or {},
    }


def _user_value(user: UserInfo) -> JsonObject:
    value: JsonObject = {}
    if user.username:
        value["username"] = user.username
    if user.uid:
        value["uid"] = user.uid
    if user.groups:
        value["groups"] = list(user.groups)
    if user.extra:
        value["extra"] = {key: list(values) for key, values in user.extra.items()}
    return value


class RequestInputs:
    """The inputs of one request. Belongs to one review: not shared between threads.

    lacking: what the surroundings cannot tell about this request.
    is_namespace_missing: the request's namespace does not exist: the API server refuses such a request outright.
    conditions: the number of a match condition that policies share -> its value, and the fuel that it took.
    shared: what variables mean that several policies have. variables: such a meaning -> its value, and the fuel.
    """

    __slots__ = (
        "_activations",
        "_as_asked",
        "_authorizers",
        "_last_activation",
        "_last_target",
        "_namespace",
        "_size",
        "conditions",
        "context",
        "is_namespace_missing",
        "lacking",
        "request",
        "shared",
        "variables",
    )

    def __init__(self, request: AdmissionRequest, context: Context) -> None:
        self.request = request
        self.context = context
        self._namespace = _find_namespace(request, context)
        self.is_namespace_missing = self._namespace is _NOT_FOUND
        self.lacking = _lacking(request, context, self._namespace)
        self._as_asked: Target | None = None
        self._activations: dict[Target, dict[str, Value]] = {}
        self._last_target: Target | None = None
        self._last_activation: dict[str, Value] = {}
        self.conditions: dict[int, tuple[Value, int]] = {}
        self.shared: frozenset[str | None] = frozenset()
        self.variables: dict[str | None, tuple[Value, int]] = {}
        self._authorizers: dict[str, Value] | None = None
        self._size = -1

    def is_as_asked(self, target: Target) -> bool:
        """Tell whether a policy matched the very kind and resource that were asked for, as nearly all do."""
        if target is self._as_asked:
            return True
        if target.kind != self.request.kind or target.resource != self.request.request_resource:
            return False
        self._as_asked = target
        return True

    def activation(self, target: Target, roots: frozenset[str]) -> dict[str, Value]:
        """Give the values for a policy that matched as `target` and reads these names beside the objects.

        Shared between policies and not to be changed.
        """
        if target is self._last_target:  # as a rule all policies match as what was asked for
            activation = self._last_activation
        else:
            found = self._activations.get(target)
            if found is None:
                found = self._activations[target] = self._objects(target.kind)
            activation = self._last_activation = found
            self._last_target = target
        if roots:
            for root in roots:
                if root not in activation:
                    self._add(activation, root, target)
        return activation

    def for_match_conditions(self, activation: dict[str, Value], target: Target) -> dict[str, Value]:
        """Give the values for match conditions: without a namespace, with the resource asked for."""
        changed = {**activation, "namespaceObject": None}
        if "request" in changed and target.resource != self.request.request_resource:
            changed["request"] = request_value(self.request, self.request.request_resource, target.kind)
        return changed

    def size_bytes(self) -> int:
        """Give the size of all inputs but params as JSON, or a bound of it."""
        if self._size < 0:
            request = self.request
            size = request.size_bytes
            if size is None:
                size = json_size(request.object) + json_size(request.old_object) + json_size(request.options)
            namespace = self._namespace if isinstance(self._namespace, dict) else None
            user = _user_value(request.user) if request.user is not None else None
            self._size = size + json_size(namespace) + json_size(user) + _REST_OF_REQUEST
        return self._size

    def _objects(self, kind: GroupVersionKind) -> dict[str, Value]:
        request = self.request
        if kind == request.kind:
            return {"object": request.object, "oldObject": request.old_object}
        version = kind.api_version
        return {
            "object": None if request.object is None else {**request.object, "apiVersion": version},
            "oldObject": None if request.old_object is None else {**request.old_object, "apiVersion": version},
        }

    def _add(self, activation: dict[str, Value], root: str, target: Target) -> None:
        if root == "request":
            activation["request"] = request_value(self.request, target.resource, target.kind)
        elif root == "namespaceObject":
            namespace = self._namespace
            activation["namespaceObject"] = namespace_value(namespace) if isinstance(namespace, dict) else None
        elif root in ("authorizer", REQUEST_RESOURCE):
            activation.update(self._authorizer_values())

    def _authorizer_values(self) -> dict[str, Value]:
        if self._authorizers is None:
            request, authorizer = self.request, self.context.authorizer
            if authorizer is None or request.user is None:
                return {}
            resource = request.request_resource
            attributes = ResourceAttributes(
                group=resource.group,
                version=resource.version,
                resource=resource.resource,
                subresource=request.request_subresource,
                namespace=request.namespace,
                name=request.name,
            )
            self._authorizers = {
                "authorizer": authorizer_value(request.user, authorizer),
                REQUEST_RESOURCE: resource_check_value(request.user, authorizer, attributes),
            }
        return self._authorizers


def json_size(value: JsonObject | None) -> int:
    """Give the size of a value as JSON in bytes, or a bound of it; 0 for None."""
    if value is None:
        return 0
    try:
        return len(orjson.dumps(value))
    except (TypeError, ValueError):  # an integer beyond 64 bits, a lone surrogate
        return 4 * len(repr(value))


def _find_namespace(request: AdmissionRequest, context: Context) -> JsonObject | Unknown | None:
    if not request.namespace or request.request_kind == _NAMESPACE_KIND:
        return None
    found = context.find_namespace(request.namespace)
    return _NOT_FOUND if found is None else found


def _lacking(
    request: AdmissionRequest, context: Context, namespace: JsonObject | Unknown | None
) -> frozenset[Need]:
    lacking = set()
    if request.user is None:
        lacking |= {Need.USER, Need.AUTHORIZER}
    if context.authorizer is None:
        lacking.add(Need.AUTHORIZER)
    if isinstance(namespace, Unknown) and namespace is not _NOT_FOUND:
        lacking.add(Need.NAMESPACE)
    if request.is_old_unconverted:
        lacking.add(Need.OLD_OBJECT)
    return frozenset(lacking) if lacking else _NOTHING
