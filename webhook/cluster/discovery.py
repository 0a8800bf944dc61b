"""Which resource serves a kind: what the API server says about itself.

Source: client-go restmapper/discovery.go.
"""

from __future__ import annotations

from policy_engine.admission.resources import GroupVersionKind
from policy_engine.records import record
from webhook.cluster.api import ClusterClient
from webhook.cluster.kube_error import KubeError
from webhook.cluster.paths import group_path


@record
class ServedKind:
    """A kind that the cluster serves: the resource in its URL, and whether its objects live in namespaces."""

    resource: str
    namespaced: bool


def find_served_kind(client: ClusterClient, kind: GroupVersionKind) -> ServedKind | None:
    """Ask the API server about a kind; None where it does not serve it.

    Raises KubeError where it cannot tell.
    """
    try:
        answer = client.get(group_path(kind.group, kind.version))
    except KubeError as error:
        if error.status == 404:  # no such group, or no such version of it
            return None
        raise
    for found in answer.get("resources") or ():
        # `pods/eviction` is of kind Eviction, but nothing that could be listed.
        if found.get("kind") == kind.kind and "/" not in found.get("name", "/"):
            return ServedKind(found["name"], bool(found.get("namespaced")))
    return None
