"""`--namespace-labels`: what namespaces look like that no manifest describes."""

from __future__ import annotations

import os
from collections.abc import Iterable

from policy_engine.admission.json_values import JsonObject
from policy_engine.authoring.files import mistake_of
from policy_engine.errors import InputError
from policy_engine.sources import Broken, Document, DocumentReader, read_entries
from policy_engine.sources.values import JsonValue


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
    found = []
    for entry in read_entries(path, DocumentReader()):
        if isinstance(entry, Broken):
            mistake = mistake_of(entry)
            raise InputError(f"--namespace-labels {mistake.place}: {mistake.message}", help=mistake.help)
        if isinstance(entry, Document) and (entry.api_version, entry.kind) == ("v1", "Namespace"):
            found.append(entry.value)
    if not found:
        raise InputError(f"--namespace-labels `{path}`: expected Namespace objects, found none")
    return found
