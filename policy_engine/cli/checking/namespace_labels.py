"""`--namespace-labels`: what namespaces look like that no manifest describes."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from policy_engine.errors import InputError
from policy_engine.sources import Broken, Document, DocumentReader, read_file, shown_name
from policy_engine.sources.values import JsonValue

JsonObject = dict[str, Any]

NAME_LABEL = "kubernetes.io/metadata.name"  # k8s.io/api core/v1, LabelMetadataName: the server always sets it


def read_namespace_labels(values: Iterable[str]) -> list[JsonObject]:
    """Turn `name=key=value,key=value`, or files that hold Namespaces, into Namespace objects.

    Raises: InputError.
    """
    namespaces: list[JsonObject] = []
    for value in values:
        if "=" in value and not os.path.exists(value):
            namespaces.append(_inline(value))
        else:
            namespaces += _from_file(value)
    return namespaces


def with_name_label(namespace: JsonObject) -> JsonObject:
    """Give a Namespace with the label that the API server would add."""
    metadata = namespace.get("metadata")
    if not isinstance(metadata, dict) or not isinstance(metadata.get("name"), str):
        return namespace
    labels = metadata.get("labels")
    known = labels if isinstance(labels, dict) else {}
    return {**namespace, "metadata": {**metadata, "labels": {**known, NAME_LABEL: metadata["name"]}}}


def _inline(value: str) -> JsonObject:
    name, _, rest = value.partition("=")
    labels: dict[str, JsonValue] = {}
    for part in rest.split(",") if rest else ():
        key, equals, text = part.partition("=")
        if not key or not equals:
            raise InputError(
                f"--namespace-labels `{value}`: expected `key=value`, found `{part}`",
                help="for example --namespace-labels prod=team=web,tier=front",
            )
        labels[key] = text
    if not name:
        raise InputError(f"--namespace-labels `{value}`: expected a namespace before the first `=`")
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def _from_file(path: str) -> list[JsonObject]:
    reader = DocumentReader()
    data = read_file(path, reader.limits)
    entries = [data] if isinstance(data, Broken) else list(reader.read(shown_name(path), data))
    found = []
    for entry in entries:
        if isinstance(entry, Broken):
            line = f":{entry.place.line}:{entry.place.column}" if entry.place is not None else ""
            raise InputError(f"--namespace-labels `{path}`{line}: {entry.message}", help=entry.help)
        if isinstance(entry, Document) and (entry.api_version, entry.kind) == ("v1", "Namespace"):
            found.append(entry.value)
    if not found:
        raise InputError(f"--namespace-labels `{path}`: expected Namespace objects, found none")
    return found
