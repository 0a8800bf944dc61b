"""The kinds that only a merge gate has, defined as a cluster defines custom resources."""

from __future__ import annotations

from policy_engine.sources.values import JsonObject

GROUP = "polgate.io"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
FILE_KIND = "File"
MERGE_REQUEST_KIND = "MergeRequest"


def _definition(kind: str, plural: str) -> JsonObject:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Cluster",
            "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"},
            "versions": [{"name": VERSION, "served": True, "storage": True}],
        },
    }


DEFINITIONS: tuple[JsonObject, ...] = (
    _definition(FILE_KIND, "files"),
    _definition(MERGE_REQUEST_KIND, "mergerequests"),
)
"""What `Kinds.with_definitions` takes: both kinds, without a namespace."""
