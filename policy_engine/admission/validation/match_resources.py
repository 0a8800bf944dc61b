"""What the API server asks of `matchConstraints` and `matchResources`.

Source: kubernetes pkg/apis/admissionregistration/validation/validation.go (validateMatchResources and what it
calls), apimachinery pkg/apis/meta/v1/validation/validation.go (ValidateLabelSelector). matchPolicy and the
selectors have defaults, so their absence is no error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.validation.field_errors import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from policy_engine.admission.validation.go_text import Enumerated
from policy_engine.admission.validation.metadata import label_errors
from policy_engine.admission.validation.names import path_segment_errors
from policy_engine.cel.libraries.name_rules import label_value_problems, qualified_name_problems
from policy_engine.field_paths import FieldPath

# In the order the server lists them.
_MATCH_POLICIES = ("Equivalent", "Exact")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")


def match_resources_errors(resources: Mapping[str, JsonValue], path: FieldPath) -> Iterator[FieldError]:
    """Check which requests a policy or a binding is for."""
    policy = resources.get("matchPolicy")
    if policy is not None and policy not in _MATCH_POLICIES:
        yield not_supported((*path, "matchPolicy"), policy, _MATCH_POLICIES)
    for name in ("namespaceSelector", "objectSelector"):
        yield from selector_errors(resources.get(name, {}), (*path, name))
    for name in ("resourceRules", "excludeResourceRules"):
        for i, rule in enumerate(resources.get(name, ())):
            yield from _rule_errors(rule, (*path, name, i))


def selector_errors(selector: Mapping[str, JsonValue], path: FieldPath) -> Iterator[FieldError]:
    """Check a label selector."""
    yield from label_errors(selector.get("matchLabels", {}), (*path, "matchLabels"))
    for i, requirement in enumerate(selector.get("matchExpressions", ())):
        yield from _requirement_errors(requirement, (*path, "matchExpressions", i))


def _requirement_errors(requirement: Mapping[str, JsonValue], path: FieldPath) -> Iterator[FieldError]:
    operator, values = requirement.get("operator", Enumerated("")), requirement.get("values", ())
    if operator in ("In", "NotIn"):
        if not values:
            yield required((*path, "values"), "must be specified when `operator` is 'In' or 'NotIn'")
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            yield forbidden((*path, "values"), detail)
    else:
        yield invalid((*path, "operator"), operator, "not a valid selector operator")
    key = requirement.get("key", "")
    for problem in qualified_name_problems(key):
        yield invalid((*path, "key"), key, problem)
    for i, value in enumerate(values):
        for problem in label_value_problems(value):
            yield invalid((*path, "values", i), value, problem)


def _rule_errors(rule: Mapping[str, JsonValue], path: FieldPath) -> Iterator[FieldError]:
    yield from _resource_name_errors(rule.get("resourceNames", ()), (*path, "resourceNames"))
    operations = rule.get("operations", ())
    yield from _list_errors(operations, (*path, "operations"), "operations")
    for i, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            yield not_supported((*path, "operations", i), operation, _OPERATIONS)
    yield from _list_errors(rule.get("apiGroups", ()), (*path, "apiGroups"), "API groups")
    versions = rule.get("apiVersions", ())
    yield from _list_errors(versions, (*path, "apiVersions"), "API versions")
    for i, version in enumerate(versions):
        if not version:
            yield required((*path, "apiVersions", i))
    yield from _resource_errors(rule.get("resources", ()), (*path, "resources"))
    scope = rule.get("scope")
    if scope is not None and scope not in _SCOPES:
        yield not_supported((*path, "scope"), scope, _SCOPES)


def _resource_name_errors(names: Sequence[str], path: FieldPath) -> Iterator[FieldError]:
    seen: set[str] = set()
    for i, name in enumerate(names):
        for problem in path_segment_errors(name):
            yield invalid((*path, i), name, problem)
        if name in seen:
            yield duplicate((*path, i), name)
        seen.add(name)


def _list_errors(values: Sequence[str], path: FieldPath, what: str) -> Iterator[FieldError]:
    """Check that there is something, and that `*` stands alone."""
    if not values:
        yield required(path)
    if len(values) > 1 and "*" in values:
        yield invalid(path, values, f"if '*' is present, must not specify other {what}")


def _resource_errors(resources: Sequence[str], path: FieldPath) -> Iterator[FieldError]:
    if not resources:
        yield required(path)
    with_any_subresource: set[str] = set()  # the `pods` of `pods/*`
    of_any_resource: set[str] = set()  # the `status` of `*/status`
    ends_plain = False  # whether the last item without a slash is not `*`: only the last one counts
    for i, item in enumerate(resources):
        if not item:
            yield required((*path, i))
            continue
        resource, slash, subresource = item.partition("/")
        if not slash:
            ends_plain = item != "*"
            continue
        if resource in with_any_subresource:
            yield invalid((*path, i), item, f"if '{resource}/*' is present, must not specify {item}")
        if subresource in of_any_resource:
            yield invalid((*path, i), item, f"if '*/{subresource}' is present, must not specify {item}")
        if subresource == "*":
            with_any_subresource.add(resource)
        if resource == "*":
            of_any_resource.add(subresource)
    if len(resources) > 1 and "*/*" in resources:
        yield invalid(path, resources, "if '*/*' is present, must not specify other resources")
    if "*" in resources and ends_plain:
        yield invalid(path, resources, "if '*' is present, must not specify other resources without subresources")
