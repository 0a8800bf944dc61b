"""Questions to an authorizer, built step by step: `authorizer.group('apps').resource('deployments').check('get')`.

Every step gives a new value; none is changed.

Source: apiserver pkg/cel/library/authz.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from policy_engine.cel.errors import NoSuchOverload
from policy_engine.cel.libraries.authz_attributes import (
    Answer,
    Attributes,
    AuthorizerBackend,
    Principal,
)
from policy_engine.cel.libraries.selectors import (
    Requirement,
    SelectorError,
    parse_field_selector,
    parse_label_selector,
)
from policy_engine.cel.types import struct
from policy_engine.cel.values.opaque import OpaqueValue

AUTHORIZER: Final = struct("kubernetes.authorization.Authorizer")
PATH_CHECK: Final = struct("kubernetes.authorization.PathCheck")
GROUP_CHECK: Final = struct("kubernetes.authorization.GroupCheck")
RESOURCE_CHECK: Final = struct("kubernetes.authorization.ResourceCheck")
DECISION: Final = struct("kubernetes.authorization.Decision")


class ResourceAttributes(NamedTuple):
    """What an admission request is about. version: not asked for, a question is about all versions."""

    group: str = ""
    version: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""


class _Receiver(OpaqueValue):
    """A value that only has methods. Kubernetes refuses to compare it with anything, itself included."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        raise NoSuchOverload("no such overload")

    def __hash__(self) -> int:
        return id(self)


class Authorizer(_Receiver):
    """CEL's `authorizer`: a user to ask about, and who to ask."""

    __slots__ = ("backend", "user")
    cel_type = AUTHORIZER

    def __init__(self, user: Principal, backend: AuthorizerBackend) -> None:
        self.user = user
        self.backend = backend


class PathCheck(_Receiver):
    """A question about a path such as `/healthz`."""

    __slots__ = ("authorizer", "path")
    cel_type = PATH_CHECK

    def __init__(self, authorizer: Authorizer, path: str) -> None:
        self.authorizer = authorizer
        self.path = path

    def check(self, verb: str) -> Decision:
        """Ask."""
        user = self.authorizer.user
        attributes = Attributes(user=user, verb=verb, is_resource_request=False, path=self.path)
        return Decision(self.authorizer.backend.authorize(attributes))


class GroupCheck(_Receiver):
    """An API group to ask about; a resource has to follow."""

    __slots__ = ("authorizer", "group")
    cel_type = GROUP_CHECK

    def __init__(self, authorizer: Authorizer, group: str) -> None:
        self.authorizer = authorizer
        self.group = group


class ResourceCheck(_Receiver):
    """A question about a resource, but for its verb.

    Selectors are kept as written until the question is asked.
    """

    __slots__ = ("attributes", "backend", "field_selector", "label_selector")
    cel_type = RESOURCE_CHECK

    def __init__(
        self,
        backend: AuthorizerBackend,
        attributes: Attributes,
        field_selector: str = "",
        label_selector: str = "",
    ) -> None:
        self.backend = backend
        self.attributes = attributes
        self.field_selector = field_selector
        self.label_selector = label_selector

    def about(self, attributes: Attributes) -> ResourceCheck:
        """Give the same question with other attributes."""
        return ResourceCheck(self.backend, attributes, self.field_selector, self.label_selector)

    def check(self, verb: str) -> Decision:
        """Ask."""
        attributes = self.attributes._replace(
            verb=verb,
            field_selector=_requirements(parse_field_selector, self.field_selector),
            label_selector=_requirements(parse_label_selector, self.label_selector),
        )
        return Decision(self.backend.authorize(attributes))


class Decision(_Receiver):
    """An answer."""

    __slots__ = ("answer",)
    cel_type = DECISION

    def __init__(self, answer: Answer) -> None:
        self.answer = answer


def authorizer_value(user: Principal, backend: AuthorizerBackend) -> Authorizer:
    """Give the value of `authorizer`."""
    return Authorizer(user, backend)


def resource_check_value(user: Principal, backend: AuthorizerBackend, about: ResourceAttributes) -> ResourceCheck:
    """Give the value of `authorizer.requestResource`: the question about what a request is about."""
    attributes = Attributes(
        user=user,
        api_group=about.group,
        resource=about.resource,
        subresource=about.subresource,
        namespace=about.namespace,
        name=about.name,
    )
    return ResourceCheck(backend, attributes)


def request_resource(authorizer: Authorizer, request: Mapping[str, Any]) -> ResourceCheck:
    """Give the same from an admission request as JSON."""
    resource = request.get("resource") or {}
    about = ResourceAttributes(
        group=resource.get("group") or "",
        version=resource.get("version") or "",
        resource=resource.get("resource") or "",
        subresource=request.get("subResource") or "",
        namespace=request.get("namespace") or "",
        name=request.get("name") or "",
    )
    return resource_check_value(authorizer.user, authorizer.backend, about)


def _requirements(parse: Callable[[str], tuple[Requirement, ...]], selector: str) -> tuple[Requirement, ...]:
    try:
        return parse(selector) if selector else ()
    except SelectorError:
        return ()
