"""The authorizer library: may this user do that? Since Kubernetes 1.27; selectors since 1.31.

Source: apiserver pkg/cel/library/authz.go.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.go_strings import trim_space
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.authz_attributes import (
    Answer,
    Attributes,
    AuthorizerBackend,
    Principal,
    Ruling,
    User,
)
from policy_engine.cel.libraries.authz_rules import AllowAll, DenyAll, RuleTable
from policy_engine.cel.libraries.authz_value import (
    AUTHORIZER,
    DECISION,
    GROUP_CHECK,
    PATH_CHECK,
    RESOURCE_CHECK,
    Authorizer,
    Decision,
    GroupCheck,
    PathCheck,
    ResourceAttributes,
    ResourceCheck,
    authorizer_value,
    request_resource,
    resource_check_value,
)
from policy_engine.cel.libraries.declare import Cost, Library, Value
from policy_engine.cel.libraries.name_rules import dns1123_label_problems, dns1123_subdomain_problems
from policy_engine.cel.types import BOOL, STRING

# Everything that others need of authorizers; authz_attributes, authz_rules and authz_value are its parts.
__all__ = [
    "AUTHORIZER",
    "RESOURCE_CHECK",
    "AllowAll",
    "Answer",
    "Attributes",
    "Authorizer",
    "AuthorizerBackend",
    "DenyAll",
    "Principal",
    "ResourceAttributes",
    "RuleTable",
    "Ruling",
    "User",
    "authorizer_value",
    "request_resource",
    "resource_check_value",
]

LIBRARY: Final = Library("kubernetes.authz", since="1.27")
SELECTORS_LIBRARY: Final = Library("kubernetes.authzSelectors", since="1.31")

CHECK_UNITS: Final = 350_000  # two checks fit into what one expression may cost
_CHECK: Final = Cost(lambda args, result: CHECK_UNITS, CHECK_UNITS, of_function=True)
_REQUIREMENT_UNITS: Final = 50  # a struct and a list, for every two characters of a selector


def _selector_units(args: Sequence[Value], result: Value) -> int:
    length = costs.size(args[1])
    return costs.LIST_CREATE + math.ceil(length * costs.STRING_FACTOR) + math.ceil(length / 2) * _REQUIREMENT_UNITS


_SELECTOR: Final = Cost(_selector_units, of_function=True)


@LIBRARY.member("path", "authorizer_path", (AUTHORIZER, STRING), PATH_CHECK, cost=costs.NOMINAL_FUNCTION)
def _path(authorizer: Authorizer, path: str) -> PathCheck:
    if not trim_space(path):
        raise EvaluationError("path must not be empty")
    return PathCheck(authorizer, path)


@LIBRARY.member("group", "authorizer_group", (AUTHORIZER, STRING), GROUP_CHECK, cost=costs.NOMINAL_FUNCTION)
def _group(authorizer: Authorizer, group: str) -> GroupCheck:
    return GroupCheck(authorizer, group)


@LIBRARY.member(
    "serviceAccount",
    "authorizer_serviceaccount",
    (AUTHORIZER, STRING, STRING),
    AUTHORIZER,
    cost=costs.NOMINAL_FUNCTION,
)
def _service_account(authorizer: Authorizer, namespace: str, name: str) -> Authorizer:
    if dns1123_subdomain_problems(name):
        raise EvaluationError("Invalid service account name")
    if dns1123_label_problems(namespace):
        raise EvaluationError("Invalid service account namespace")
    return Authorizer(User.service_account(namespace, name), authorizer.backend)


@LIBRARY.member(
    "resource", "groupcheck_resource", (GROUP_CHECK, STRING), RESOURCE_CHECK, cost=costs.NOMINAL_FUNCTION
)
def _resource(check: GroupCheck, resource: str) -> ResourceCheck:
    if not trim_space(resource):
        raise EvaluationError("resource must not be empty")
    authorizer = check.authorizer
    attributes = Attributes(user=authorizer.user, api_group=check.group, resource=resource)
    return ResourceCheck(authorizer.backend, attributes)


@LIBRARY.member(
    "subresource",
    "resourcecheck_subresource",
    (RESOURCE_CHECK, STRING),
    RESOURCE_CHECK,
    cost=costs.NOMINAL_FUNCTION,
)
def _subresource(check: ResourceCheck, subresource: str) -> ResourceCheck:
    return check.about(check.attributes._replace(subresource=subresource))


@LIBRARY.member(
    "namespace",
    "resourcecheck_namespace",
    (RESOURCE_CHECK, STRING),
    RESOURCE_CHECK,
    cost=costs.NOMINAL_FUNCTION,
)
def _namespace(check: ResourceCheck, namespace: str) -> ResourceCheck:
    return check.about(check.attributes._replace(namespace=namespace))


@LIBRARY.member(
    "name", "resourcecheck_name", (RESOURCE_CHECK, STRING), RESOURCE_CHECK, cost=costs.NOMINAL_FUNCTION
)
def _name(check: ResourceCheck, name: str) -> ResourceCheck:
    return check.about(check.attributes._replace(name=name))


@SELECTORS_LIBRARY.member(
    "fieldSelector", "authorizer_fieldselector", (RESOURCE_CHECK, STRING), RESOURCE_CHECK, cost=_SELECTOR
)
def _field_selector(check: ResourceCheck, selector: str) -> ResourceCheck:
    return ResourceCheck(check.backend, check.attributes, selector, check.label_selector)


@SELECTORS_LIBRARY.member(
    "labelSelector", "authorizer_labelselector", (RESOURCE_CHECK, STRING), RESOURCE_CHECK, cost=_SELECTOR
)
def _label_selector(check: ResourceCheck, selector: str) -> ResourceCheck:
    return ResourceCheck(check.backend, check.attributes, check.field_selector, selector)


@LIBRARY.member("check", "pathcheck_check", (PATH_CHECK, STRING), DECISION, cost=_CHECK)
def _check_path(check: PathCheck, verb: str) -> Decision:
    return check.check(verb)


@LIBRARY.member("check", "resourcecheck_check", (RESOURCE_CHECK, STRING), DECISION, cost=_CHECK)
def _check_resource(check: ResourceCheck, verb: str) -> Decision:
    return check.check(verb)


@LIBRARY.member("errored", "decision_errored", (DECISION,), BOOL, cost=costs.NOMINAL_FUNCTION, since="1.28")
def _errored(decision: Decision) -> bool:
    return decision.answer.error is not None


@LIBRARY.member("error", "decision_error", (DECISION,), STRING, cost=costs.NOMINAL_FUNCTION, since="1.28")
def _error(decision: Decision) -> str:
    return decision.answer.error or ""


@LIBRARY.member("allowed", "decision_allowed", (DECISION,), BOOL, cost=costs.NOMINAL_FUNCTION)
def _allowed(decision: Decision) -> bool:
    return decision.answer.ruling is Ruling.ALLOW


@LIBRARY.member("reason", "decision_reason", (DECISION,), STRING, cost=costs.NOMINAL_FUNCTION)
def _reason(decision: Decision) -> str:
    return decision.answer.reason
