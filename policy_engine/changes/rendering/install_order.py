"""The order in which Helm writes the objects of a chart."""

from __future__ import annotations

from policy_engine.changes.rendering.hooks import is_hook
from policy_engine.sources import Document

# Source: Helm 4's pkg/release/v1/util/kind_sorter.go `InstallOrder`.
_KINDS = (
    "PriorityClass",
    "Namespace",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "ServiceAccount",
    "Secret",
    "SecretList",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "CustomResourceDefinition",
    "ClusterRole",
    "ClusterRoleList",
    "ClusterRoleBinding",
    "ClusterRoleBindingList",
    "Role",
    "RoleList",
    "RoleBinding",
    "RoleBindingList",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicationController",
    "ReplicaSet",
    "Deployment",
    "HorizontalPodAutoscaler",
    "StatefulSet",
    "Job",
    "CronJob",
    "IngressClass",
    "Ingress",
    "APIService",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
_RANKS = {kind: rank for rank, kind in enumerate(_KINDS)}
Rank = tuple[int, int, str, str]
_RELEASE, _HOOKS = 1, 2
CRDS: Rank = (0, 0, "", "")  # what is in `crds/` comes first, and stays as it is


def rank(template: str, document: Document) -> Rank:
    """Give what objects of templates are sorted by; those of one rank stay in the order that they have.

    Source: Helm 4's pkg/action/action.go `renderResources`, pkg/release/v1/util/kind_sorter.go `lessByKind`.
    """
    kind = "List" if document.inside else document.kind
    group = _HOOKS if is_hook(document.value) else _RELEASE
    return group, _RANKS.get(kind, len(_KINDS)), "" if kind in _RANKS else kind, template
