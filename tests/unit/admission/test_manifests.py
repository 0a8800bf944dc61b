from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission.context import Context
from policy_engine.admission.decisions import Evaluation
from policy_engine.admission.judging import review
from policy_engine.admission.manifests import request_from_manifest
from policy_engine.admission.model import Policy
from policy_engine.admission.policy_set import PolicySet
from policy_engine.admission.request import Operation
from policy_engine.errors import InputError


def manifest(api_version: str, kind: str, **metadata: Any) -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata}


def test_a_manifest_alone_is_created() -> None:
    request = request_from_manifest(manifest("apps/v1", "Deployment", name="d", namespace="n"))
    assert (request.operation, request.namespace, request.name) == (Operation.CREATE, "n", "d")
    assert request.resource == request.request_resource == ("apps", "v1", "deployments")
    assert request.user is None


def test_a_manifest_with_an_older_one_is_an_update() -> None:
    old, new = manifest("v1", "Pod", name="p"), manifest("v1", "Pod", name="p", labels={})
    request = request_from_manifest(new, old)
    assert (request.operation, request.object, request.old_object) == (Operation.UPDATE, new, old)


def test_a_manifest_that_is_gone_is_deleted() -> None:
    request = request_from_manifest(None, manifest("v1", "Pod", name="p", namespace="n"))
    assert (request.operation, request.object, request.name) == (Operation.DELETE, None, "p")


@pytest.mark.parametrize(
    ("written", "want"),
    [
        (manifest("v1", "Pod", name="p"), "default"),
        (manifest("v1", "Node", name="n", namespace="ignored"), ""),
        (manifest("v1", "Namespace", name="n"), "n"),
        (manifest("x.io/v1", "Custom", name="c"), ""),
        (manifest("x.io/v1", "Custom", name="c", namespace="n"), "n"),
    ],
)
def test_the_namespace_is_that_of_the_kind_or_the_manifest(written: dict[str, Any], want: str) -> None:
    assert request_from_manifest(written).namespace == want


def test_a_generated_name_is_no_name_yet() -> None:
    assert request_from_manifest(manifest("v1", "Pod", generateName="p-")).name == ""


@pytest.mark.parametrize("broken", [{}, {"apiVersion": "v1"}, {"apiVersion": 1, "kind": "Pod"}, {"kind": "Pod"}])
def test_what_has_no_kind_is_no_manifest(broken: dict[str, Any]) -> None:
    with pytest.raises(InputError) as caught:
        request_from_manifest(broken)
    assert "to be a string that is not empty" in caught.value.message


def test_no_manifest_at_all_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        request_from_manifest(None)
    assert caught.value.message == "expected a manifest, found nothing"


def test_an_old_manifest_of_the_same_schema_is_converted() -> None:
    old = {"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "a"}}
    request = request_from_manifest({**old, "apiVersion": "policy/v1"}, old)
    assert request.old_object == {**old, "apiVersion": "policy/v1"}
    assert not request.is_old_unconverted


def test_what_reads_an_old_manifest_that_only_a_server_can_convert_is_skipped() -> None:
    old = {"apiVersion": "networking.k8s.io/v1beta1", "kind": "Ingress", "metadata": {"name": "a"}}
    request = request_from_manifest({**old, "apiVersion": "networking.k8s.io/v1"}, old)
    assert request.is_old_unconverted
    policy = {
        "metadata": {"name": "p"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["ingresses"]}
                ]
            },
            "validations": [{"expression": "has(oldObject.spec)"}, {"expression": "has(object.spec)"}],
        },
    }
    policies = PolicySet.compile([Policy.decode(policy)], []).bind_unbound()
    evaluations = [decision.evaluation for decision in review(policies, request, Context()).findings]
    assert evaluations == [Evaluation.SKIP, Evaluation.DENY]
