"""Which documents are Kubernetes objects, and the objects inside Lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from policy_engine.field_paths import FieldPath
from policy_engine.sources.values import JsonValue

# Kinds that tools on the client's side read. They look like objects, and no API server ever gets them.
_CLIENT_SIDE_GROUPS = {
    "kustomize.config.k8s.io": "kustomize",
    "kubeadm.k8s.io": "kubeadm",
    "kubelet.config.k8s.io": "the kubelet",
    "kubeproxy.config.k8s.io": "kube-proxy",
    "kubescheduler.config.k8s.io": "kube-scheduler",
    "apiserver.config.k8s.io": "kube-apiserver",
    "audit.k8s.io": "kube-apiserver",
    "client.authentication.k8s.io": "kubectl",
    "kind.x-k8s.io": "kind",
    "polgate.io": "polgate",
    "skaffold": "skaffold",
}


class Object(NamedTuple):
    """An object and where it is in its document."""

    inside: FieldPath
    value: dict[str, JsonValue]


class NoObject(NamedTuple):
    """Something that is nothing to judge, and why."""

    inside: FieldPath
    reason: str


class WrongList(NamedTuple):
    """A List, or an item of one, that kubectl would refuse."""

    inside: FieldPath
    message: str


def unpack(value: JsonValue, inside: FieldPath = ()) -> Iterator[Object | NoObject | WrongList]:
    """Give the objects of a document: itself, or the items of a List. An empty document gives nothing.

    Source: apimachinery pkg/apis/meta/v1/unstructured `decodeToList`: items of a typed list take its kind.
    """
    if value is None:
        return
    if not isinstance(value, dict):
        yield NoObject(inside, "is no mapping")
        return
    reason = _why_no_object(value)
    items = value.get("items")
    if reason:
        yield NoObject(inside, reason)
        if value.get("kind") and value.get("apiVersion"):
            yield from _hidden(items, inside)
        return
    if "items" not in value or not str(value["kind"]).endswith("List"):
        yield Object(inside, value)
        yield from _hidden(items, inside)
        return
    if items is None:
        return
    if not isinstance(items, list):
        yield WrongList((*inside, "items"), "`items` of a List must be a list")
        return
    for index, item in enumerate(items):
        path = (*inside, "items", index)
        if not isinstance(item, dict):
            yield WrongList(path, "an item of a List must be an object")
        elif not item.get("kind") and not item.get("apiVersion"):
            kind = str(value["kind"]).removesuffix("List")
            yield from unpack({**item, "apiVersion": value["apiVersion"], "kind": kind}, path)
        else:
            yield from unpack(item, path)


def _hidden(items: JsonValue, inside: FieldPath) -> Iterator[Object | NoObject | WrongList]:
    """Look into the `items` of what is no List: kubectl takes anything with such a list for one."""
    for index, item in enumerate(items) if isinstance(items, list) else ():
        if isinstance(item, dict) and not _why_no_object(item):
            yield from unpack(item, (*inside, "items", index))


def _why_no_object(value: dict[str, JsonValue]) -> str:
    api_version, kind = value.get("apiVersion"), value.get("kind")
    has_version = isinstance(api_version, str) and api_version != ""
    has_kind = isinstance(kind, str) and kind != ""
    if not has_version and not has_kind:
        return "has no apiVersion and no kind"
    if not has_version:
        return "has no apiVersion"
    if not has_kind:
        return "has no kind"
    group = str(api_version).partition("/")[0]
    if group in _CLIENT_SIDE_GROUPS:
        return f"is read by {_CLIENT_SIDE_GROUPS[group]}, not by an API server"
    if api_version == "v1" and kind == "Config":
        return "is a kubeconfig"
    return ""
