from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission.kinds import BUILT_IN_KINDS, pluralise
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource


def definition(*versions: str, strategy: str | None = None, scope: str = "Namespaced") -> dict[str, Any]:
    spec: dict[str, Any] = {
        "group": "x.io",
        "names": {"kind": "Mouse", "plural": "mice"},
        "scope": scope,
        "versions": [{"name": version, "served": True} for version in versions],
    }
    if strategy is not None:
        spec["conversion"] = {"strategy": strategy}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "spec": spec}


@pytest.mark.parametrize(
    ("kind", "resource", "namespaced"),
    [
        (GroupVersionKind("", "v1", "Pod"), "pods", True),
        (GroupVersionKind("", "v1", "Endpoints"), "endpoints", True),
        (GroupVersionKind("", "v1", "Namespace"), "namespaces", False),
        (GroupVersionKind("apps", "v1", "Deployment"), "deployments", True),
        (GroupVersionKind("networking.k8s.io", "v1", "Ingress"), "ingresses", True),
        (GroupVersionKind("rbac.authorization.k8s.io", "v1", "ClusterRole"), "clusterroles", False),
        (GroupVersionKind("storage.k8s.io", "v1beta1", "CSIStorageCapacity"), "csistoragecapacities", True),
    ],
)
def test_built_in_kinds_are_known(kind: GroupVersionKind, resource: str, namespaced: bool) -> None:
    found = BUILT_IN_KINDS.find(kind)
    assert found is not None
    assert found.resource == GroupVersionResource(kind.group, kind.version, resource)
    assert found.namespaced is namespaced


def test_a_kind_of_another_version_is_not_known() -> None:
    assert BUILT_IN_KINDS.find(GroupVersionKind("apps", "v9", "Deployment")) is None


@pytest.mark.parametrize(
    ("kind", "want"),
    [("Certificate", "certificates"), ("Policy", "policies"), ("Bus", "buses"), ("MyEndpoints", "myendpoints")],
)
def test_an_unknown_kind_is_put_into_the_plural(kind: str, want: str) -> None:
    assert pluralise(kind) == want
    guessed = BUILT_IN_KINDS.guess(GroupVersionKind("x.io", "v1", kind))
    assert (guessed.resource.resource, guessed.namespaced) == (want, None)


def test_custom_resources_are_known_by_their_definitions() -> None:
    kinds = BUILT_IN_KINDS.with_definitions([definition("v1", "v1beta1", scope="Cluster")])
    found = kinds.find(GroupVersionKind("x.io", "v1beta1", "Mouse"))
    assert found is not None
    assert (found.resource.resource, found.namespaced) == ("mice", False)
    assert BUILT_IN_KINDS.find(GroupVersionKind("x.io", "v1", "Mouse")) is None


def test_versions_of_a_custom_resource_share_a_schema_unless_a_webhook_converts_them() -> None:
    v1, old = GroupVersionKind("x.io", "v1", "Mouse"), GroupVersionKind("x.io", "v1beta1", "Mouse")
    plain = BUILT_IN_KINDS.with_definitions([definition("v1", "v1beta1")])
    converted = BUILT_IN_KINDS.with_definitions([definition("v1", "v1beta1", strategy="Webhook")])
    assert plain.shares_schema(old, v1)
    assert not converted.shares_schema(old, v1)


@pytest.mark.parametrize(
    "broken",
    [{}, {"spec": None}, {"spec": {"names": [], "group": "x"}}, {"spec": {"names": {"kind": 1}, "group": "x.io"}}],
)
def test_a_definition_that_is_not_well_formed_is_left_out(broken: dict[str, Any]) -> None:
    assert BUILT_IN_KINDS.with_definitions([broken]) is BUILT_IN_KINDS


def test_equivalents_are_the_other_versions_the_preferred_one_first() -> None:
    found = BUILT_IN_KINDS.equivalents(GroupVersionResource("extensions", "v1beta1", "ingresses"))
    assert [(e.resource.group, e.resource.version, e.same_schema) for e in found] == [
        ("networking.k8s.io", "v1", False),
        ("networking.k8s.io", "v1beta1", True),
    ]


def test_a_subresource_of_a_kind_of_its_own_keeps_it_in_every_version() -> None:
    scale = GroupVersionKind("autoscaling", "v1", "Scale")
    found = BUILT_IN_KINDS.equivalents(GroupVersionResource("apps", "v1beta1", "deployments"), kind=scale)
    assert {e.kind for e in found} == {scale}
    assert all(e.same_schema for e in found)
