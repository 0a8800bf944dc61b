"""What is never asked for, whatever the rules say, so that a webhook that is away cannot lock its cluster.

These conditions are evaluated by the API server itself (matchConditions, Kubernetes 1.28 and later). Namespaces
are left out by the namespaceSelector, see `configuration`; admission policies, bindings and webhook configurations
are never sent to webhooks by the API server.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policy_engine.admission.model import MatchCondition, Rule

# The API server's own requests to itself. It ends when it cannot write the roles, priority levels and such that it
# brings, for instance after an upgrade; and then nobody could switch the webhook off either.
# Source: k8s.io/kubernetes pkg/registry/rbac/rest/storage_rbac.go; k8s.io/apiserver pkg/authentication/user,
# `APIServerUser`.
_NOT_ITSELF: Final = MatchCondition(
    name="not-by-the-api-server-itself",
    expression="!has(request.userInfo.username) || request.userInfo.username != 'system:apiserver'",
)

# Questions, not changes: who somebody is, and what he may do. Policies never judge them (see `_EXEMPT` in
# policy_engine.admission.index); asked about, every kubectl command would wait for the webhook, and the webhook,
# whose own authorizer asks such questions, for itself.
_REVIEW_GROUPS: Final = ("authentication.k8s.io", "authorization.k8s.io")
_NOT_A_REVIEW: Final = MatchCondition(
    name="not-a-question-about-access",
    expression="!(request.resource.group in ['authentication.k8s.io', 'authorization.k8s.io'])",
)

# What a node needs to come up and to stay: without it no Pod of this server could start again after a night in
# which all nodes were away. Left out where rules reach it by a wildcard alone, and only for those whose work it
# is; where a policy names one of these resources, it is asked for all the same.
_NODE_RESOURCES: Final = (
    (
        "",
        "nodes",
    ),  # kubelets register and report their status; controllers take the taint off that keeps Pods away
    ("certificates.k8s.io", "certificatesigningrequests"),  # a kubelet's own certificate
    ("storage.k8s.io", "csinodes"),  # no Pod with a volume starts without
)
_NODE_GROUPS: Final = ("system:nodes", "system:bootstrappers", "system:serviceaccounts:kube-system")


def match_conditions(rules: Sequence[Rule]) -> tuple[MatchCondition, ...]:
    """Give the conditions for a webhook with these rules; those that make no difference are left out."""
    conditions = [_NOT_ITSELF]
    if any(_has(rule.api_groups, group) for rule in rules for group in _REVIEW_GROUPS):
        conditions.append(_NOT_A_REVIEW)
    nodes = [
        (group, resource) for group, resource in _NODE_RESOURCES if _by_wildcard_alone(rules, group, resource)
    ]
    if nodes:
        conditions.append(_not_keeping_nodes(nodes))
    return tuple(conditions)


def _not_keeping_nodes(resources: Sequence[tuple[str, str]]) -> MatchCondition:
    listed = ", ".join(f"['{group}', '{resource}']" for group, resource in resources)
    groups = ", ".join(f"'{group}'" for group in _NODE_GROUPS)
    return MatchCondition(
        name="not-what-keeps-nodes-alive",
        expression=(
            f"!([request.resource.group, request.resource.resource] in [{listed}]"
            f" && has(request.userInfo.groups) && request.userInfo.groups.exists(g, g in [{groups}]))"
        ),
    )


def _by_wildcard_alone(rules: Sequence[Rule], group: str, resource: str) -> bool:
    reached = [rule for rule in rules if _has(rule.api_groups, group) and rule.scope != "Namespaced"]
    names = {written.partition("/")[0] for rule in reached for written in rule.resources}
    return "*" in names and resource not in names


def _has(values: Sequence[str], value: str) -> bool:
    return "*" in values or value in values
