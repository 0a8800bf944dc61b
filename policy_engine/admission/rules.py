"""Resource rules: which resources, operations and scopes a policy or binding is about.

Source: k8s.io/apiserver pkg/admission/plugin/webhook/predicates/rules/rules.go.
"""

from __future__ import annotations

from typing import NamedTuple

from policy_engine.admission.model import Rule
from policy_engine.admission.request import AdmissionRequest, Operation
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource

_NAMESPACES = GroupVersionResource("", "v1", "namespaces")


class RequestShape(NamedTuple):
    """All that rules look at in a request but its name: requests of one shape meet the same rules."""

    operation: Operation
    resource: GroupVersionResource
    subresource: str
    kind: GroupVersionKind
    namespaced: bool

    @classmethod
    def of(cls, request: AdmissionRequest) -> RequestShape:
        """Give the shape of a request."""
        return cls(
            request.operation,
            request.request_resource,
            request.request_subresource,
            request.request_kind,
            request.namespace != "",
        )


def rule_matches(rule: Rule, shape: RequestShape, resource: GroupVersionResource) -> bool:
    """Tell whether a rule is about a request; its resource may be an equivalent of the one asked for."""
    return (
        _scope_matches(rule.scope, resource, shape.namespaced)
        and ("*" in rule.operations or shape.operation in rule.operations)
        and ("*" in rule.api_groups or resource.group in rule.api_groups)
        and ("*" in rule.api_versions or resource.version in rule.api_versions)
        and any(_resource_matches(r, resource.resource, shape.subresource) for r in rule.resources)
    )


def _scope_matches(scope: str, resource: GroupVersionResource, namespaced: bool) -> bool:
    # A Namespace carries its own name as its namespace and is cluster-scoped all the same.
    if scope == "Namespaced":
        return namespaced and resource != _NAMESPACES
    if scope == "Cluster":
        return not namespaced or resource == _NAMESPACES
    return scope in ("*", "")


def _resource_matches(written: str, resource: str, subresource: str) -> bool:
    wanted, _, wanted_sub = written.partition("/")
    return wanted in ("*", resource) and wanted_sub in ("*", subresource)
