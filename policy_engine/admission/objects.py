"""What can be said about any Kubernetes object."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.admission.resources import GroupVersionKind

NAME_LABEL = "kubernetes.io/metadata.name"  # k8s.io/api core/v1, LabelMetadataName

# Kinds that hold options of a call and no metadata, so that no selector sees labels in them.
# Source: k8s.io/api core/v1, the types without ObjectMeta that admission sees as objects.
_OPTIONS_KINDS = frozenset(
    {
        "NodeProxyOptions",
        "PodAttachOptions",
        "PodExecOptions",
        "PodLogOptions",
        "PodPortForwardOptions",
        "PodProxyOptions",
        "ServiceProxyOptions",
    }
)


def has_metadata(kind: GroupVersionKind) -> bool:
    """Tell whether objects of a kind have metadata; options of CONNECT calls have none."""
    return kind.kind not in _OPTIONS_KINDS or bool(kind.group)


def object_name(value: JsonObject | None) -> str:
    """Give `metadata.name`, or the empty string where there is none."""
    return _metadata_string(value, "name")


def generate_name(value: JsonObject | None) -> str:
    """Give `metadata.generateName`, or the empty string where there is none."""
    return _metadata_string(value, "generateName")


def object_namespace(value: JsonObject | None) -> str:
    """Give `metadata.namespace`, or the empty string where there is none."""
    return _metadata_string(value, "namespace")


def object_labels(value: JsonObject | None) -> Mapping[str, JsonValue]:
    """Give `metadata.labels`, or an empty mapping where there are none."""
    metadata = value.get("metadata") if value is not None else None
    labels = metadata.get("labels") if isinstance(metadata, dict) else None
    return labels if isinstance(labels, dict) else {}


def with_name_label(namespace: JsonObject) -> JsonObject:
    """Give a Namespace with the label that the API server adds to every one."""
    name = object_name(namespace)
    if not name:
        return namespace
    labels = {**object_labels(namespace), NAME_LABEL: name}
    return {**namespace, "metadata": {**namespace["metadata"], "labels": labels}}


def _metadata_string(value: JsonObject | None, name: str) -> str:
    metadata = value.get("metadata") if value is not None else None
    found = metadata.get(name) if isinstance(metadata, dict) else None
    return found if isinstance(found, str) else ""
