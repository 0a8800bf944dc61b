"""What the API server asks of the metadata of policies and bindings when they are created.

Source: apimachinery pkg/api/validation/objectmeta.go, apiserver pkg/registry/rest/create.go. A namespace is
taken off a cluster-scoped object before it is looked at, so nothing is said of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.validation.field_errors import FieldError, invalid, required, too_long
from policy_engine.admission.validation.go_text import Enumerated
from policy_engine.cel.go_strings import size_bytes
from policy_engine.cel.libraries.name_rules import (
    complete_prefix,
    dns1123_subdomain_problems,
    label_value_problems,
    qualified_name_problems,
)
from policy_engine.field_paths import FieldPath

_METADATA: FieldPath = ("metadata",)
_MAX_ANNOTATIONS_BYTES = 256 * 1024  # apimachinery pkg/api/validation/objectmeta.go, TotalAnnotationSizeLimitB
# apiserver pkg/storage/names/generate.go: a prefix is cut, and five random characters follow.
_MAX_GENERATED_PREFIX = 58
_GENERATED_SUFFIX = "xxxxx"
_ORPHAN_DEPENDENTS = "orphan"
_DELETE_DEPENDENTS = "foregroundDeletion"
_OWNER_FIELDS = ("apiVersion", "kind", "name", "uid")


def metadata_errors(metadata: Mapping[str, JsonValue]) -> Iterator[FieldError]:
    """Check decoded metadata."""
    name, prefix = final_name(metadata), metadata.get("generateName", "")
    for problem in dns1123_subdomain_problems(complete_prefix(prefix)) if prefix else ():
        yield invalid((*_METADATA, "generateName"), prefix, problem)
    if not name:
        yield required((*_METADATA, "name"), "name or generateName is required")
    for problem in dns1123_subdomain_problems(name) if name else ():
        yield invalid((*_METADATA, "name"), name, problem)
    yield from label_errors(metadata.get("labels", {}), (*_METADATA, "labels"))
    yield from _annotation_errors(metadata.get("annotations", {}))
    yield from _owner_errors(metadata.get("ownerReferences", ()))
    yield from _finalizer_errors(metadata.get("finalizers", ()))


def final_name(metadata: Mapping[str, JsonValue]) -> str:
    """Give the name that an object will have; where the server makes one up, a name of the same form."""
    name: str = metadata.get("name", "")
    prefix: str = metadata.get("generateName", "")
    return name or (prefix and prefix[:_MAX_GENERATED_PREFIX] + _GENERATED_SUFFIX)


def label_errors(labels: Mapping[str, str], path: FieldPath) -> Iterator[FieldError]:
    """Check keys and values of labels, in the order of their keys: the API server's order is random."""
    for key in sorted(labels):
        for problem in qualified_name_problems(key):
            yield invalid(path, key, problem)
        for problem in label_value_problems(labels[key]):
            yield invalid(path, labels[key], problem)


def _annotation_errors(annotations: Mapping[str, str]) -> Iterator[FieldError]:
    path = (*_METADATA, "annotations")
    for key in sorted(annotations):
        for problem in qualified_name_problems(key.lower()):
            yield invalid(path, key, problem)
    if sum(size_bytes(key) + size_bytes(value) for key, value in annotations.items()) > _MAX_ANNOTATIONS_BYTES:
        yield too_long(path, _MAX_ANNOTATIONS_BYTES)


def _owner_errors(owners: Sequence[Mapping[str, JsonValue]]) -> Iterator[FieldError]:
    path = (*_METADATA, "ownerReferences")
    controller = ""
    for owner in owners:
        group, _, version = owner.get("apiVersion", "").rpartition("/")
        if not version:
            yield invalid((*path, "apiVersion"), owner.get("apiVersion", ""), "version must not be empty")
        if not owner.get("kind"):
            yield invalid((*path, "kind"), "", "must not be empty")
        if not owner.get("name"):
            yield invalid((*path, "name"), "", "must not be empty")
        if not owner.get("uid"):
            yield invalid((*path, "uid"), Enumerated(""), "must not be empty")
        if (group, version, owner.get("kind")) == ("", "v1", "Event"):
            yield invalid(path, _as_sent(owner), "/v1, Kind=Event is disallowed from being an owner")
        if owner.get("controller"):
            name = f"{owner.get('kind', '')}/{owner.get('name', '')}"
            if controller:
                detail = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {name}'
                )
                yield invalid(path, [_as_sent(each) for each in owners], detail)
            else:
                controller = name


def _as_sent(owner: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Give an owner as Go encodes it: its four names always, in Go's order."""
    optional = {key: owner[key] for key in ("controller", "blockOwnerDeletion") if key in owner}
    return {key: owner.get(key, "") for key in _OWNER_FIELDS} | optional


def _finalizer_errors(finalizers: Sequence[str]) -> Iterator[FieldError]:
    path = (*_METADATA, "finalizers")
    for finalizer in finalizers:
        for problem in qualified_name_problems(finalizer):
            yield invalid(path, finalizer, problem)
    if {_ORPHAN_DEPENDENTS, _DELETE_DEPENDENTS} <= set(finalizers):
        detail = f"finalizer {_ORPHAN_DEPENDENTS} and {_DELETE_DEPENDENTS} cannot be both set"
        yield invalid(path, finalizers, detail)
