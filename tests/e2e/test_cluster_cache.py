"""The cluster cache against a real API server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_engine.admission.resources import GroupVersionKind
from policy_engine.cel.libraries.authz import Attributes, Ruling, User
from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from webhook.cluster.api import ClusterClient, KubeError
from webhook.cluster.cache import ClusterCache
from webhook.cluster.policies import PolicyObjects

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
REGISTRATION = "admissionregistration.k8s.io/v1"


class Following:
    """A cache, and what a server would hear from it."""

    def __init__(self, client: ClusterClient, selector: str) -> None:
        self.policies: list[PolicyObjects] = []
        self.changes: list[str] = []
        self.param_kinds: list[GroupVersionKind] = [CONFIG_MAP]
        self.cache = ClusterCache(
            client, bindings_selector=selector, on_policies=self._take, on_change=self.changes.append
        )

    def _take(self, objects: PolicyObjects) -> None:
        self.policies.append(objects)
        self.cache.use_param_kinds(self.param_kinds)

    def names(self) -> tuple[set[str], set[str]]:
        last = self.policies[-1]
        policies = {found["metadata"]["name"] for found in last.policies}
        return policies, {found["metadata"]["name"] for found in last.bindings}


@pytest.fixture
def client(cluster: Cluster) -> Iterator[ClusterClient]:
    connected = ClusterClient.connect(kubeconfig=str(cluster.kubeconfig))
    yield connected
    connected.close()


@pytest.fixture
def following(client: ClusterClient, namespace: str) -> Iterator[Following]:
    made = Following(client, f"test={namespace}")
    made.cache.start()
    eventually(lambda: made.cache.is_synced)
    yield made
    made.cache.stop()


def policy_and_bindings(name: str) -> tuple[dict[str, Any], ...]:
    policy = {
        "apiVersion": REGISTRATION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}
                ]
            },
            "validations": [{"expression": "true"}],
        },
    }

    def binding(binding_name: str, labels: dict[str, str]) -> dict[str, Any]:
        return {
            "apiVersion": REGISTRATION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": binding_name, "labels": labels},
            "spec": {"policyName": name, "validationActions": ["Audit"]},
        }

    return policy, binding(f"{name}-counts", {"test": name}), binding(f"{name}-other", {})


def limit_definition(group: str) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"limits.{group}"},
        "spec": {
            "group": group,
            "names": {"kind": "Limit", "plural": "limits", "singular": "limit", "listKind": "LimitList"},
            "scope": "Namespaced",
            "versions": [
                {
                    "name": "v1",
                    "served": True,
                    "storage": True,
                    "schema": {
                        "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                    },
                }
            ],
        },
    }


def test_syncs_with_a_real_server(following: Following, namespace: str) -> None:
    assert following.cache.waiting_for() == ()
    found = following.cache.namespaces.find(namespace)
    assert isinstance(found, dict)
    assert found["metadata"]["labels"]["kubernetes.io/metadata.name"] == namespace
    assert (found["apiVersion"], found["kind"]) == ("v1", "Namespace")


def test_waits_for_a_namespace_that_was_just_made(cluster: Cluster, following: Following, namespace: str) -> None:
    cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": f"{namespace}-new"}})
    found = following.cache.namespaces.wait_for(f"{namespace}-new", time.monotonic() + 20)
    assert found is not None


def test_follows_policies_and_the_bindings_that_count(
    cluster: Cluster, following: Following, namespace: str
) -> None:
    cluster.apply(*policy_and_bindings(namespace))
    eventually(lambda: namespace in following.names()[0] and following.names()[1] == {f"{namespace}-counts"})

    cluster.kubectl("label", "validatingadmissionpolicybinding", f"{namespace}-counts", "test-")
    eventually(lambda: following.names()[1] == set())

    cluster.kubectl("delete", "validatingadmissionpolicy", namespace)
    eventually(lambda: namespace not in following.names()[0])


def test_follows_params(cluster: Cluster, following: Following, namespace: str) -> None:
    params = following.cache.params
    cluster.kubectl("create", "configmap", "limits", "--from-literal=most=3", "--namespace", namespace)
    eventually(lambda: params.get(CONFIG_MAP, namespace, "limits"))
    assert params.is_namespaced(CONFIG_MAP) is True
    found = params.get(CONFIG_MAP, namespace, "limits")
    assert found is not None
    assert found["data"] == {"most": "3"}

    cluster.kubectl("delete", "configmap", "limits", "--namespace", namespace)
    eventually(lambda: params.get(CONFIG_MAP, namespace, "limits") is None)


def test_goes_on_when_the_server_was_away(cluster: Cluster, following: Following, namespace: str) -> None:
    params = following.cache.params
    cluster.kill()
    eventually(lambda: following.cache.problems())
    assert isinstance(following.cache.namespaces.find(namespace), dict)
    assert following.cache.is_synced

    cluster.start()
    cluster.kubectl("create", "configmap", "after", "--namespace", namespace)
    eventually(lambda: params.get(CONFIG_MAP, namespace, "after"), timeout_s=60)
    eventually(lambda: not following.cache.problems(), timeout_s=60)


def test_uses_a_kind_of_params_that_is_installed_later(
    cluster: Cluster, following: Following, namespace: str
) -> None:
    group = f"{namespace}.example.com"
    limit = GroupVersionKind(group, "v1", "Limit")
    cache = following.cache
    cache.use_param_kinds([CONFIG_MAP, limit])
    eventually(lambda: cache.params.is_namespaced(limit) is None)

    cluster.apply(limit_definition(group))
    eventually(lambda: cache.params.is_namespaced(limit) is True)
    known = cache.kinds.find(limit)
    assert known is not None
    assert known.namespaced is True

    body = {"apiVersion": f"{group}/v1", "kind": "Limit", "metadata": {"name": "a"}, "most": 3}
    path = f"/apis/{group}/v1/namespaces/{namespace}/limits"
    assert cluster.request("POST", path, body).status == 201
    eventually(lambda: cache.params.get(limit, namespace, "a"))

    cluster.kubectl("delete", "crd", f"limits.{group}")
    eventually(lambda: cache.params.is_namespaced(limit) is None, timeout_s=60)


def test_asks_what_a_user_may_do(cluster: Cluster, following: Following, namespace: str) -> None:
    jane = User(f"jane-{namespace}", "", ("system:authenticated",))
    question = Attributes(user=jane, verb="get", resource="configmaps", namespace=namespace)
    authorizer = following.cache.authorizer
    refused = authorizer.authorize(question)
    assert (refused.ruling, refused.error) == (Ruling.NO_OPINION, None)

    cluster.kubectl("create", "role", "reader", "--verb=get", "--resource=configmaps", "--namespace", namespace)
    cluster.kubectl(
        "create", "rolebinding", "reader", "--role=reader", f"--user={jane.username}", "--namespace", namespace
    )
    # Remembered refusals and the server's own RBAC cache both take some seconds.
    eventually(lambda: authorizer.authorize(question).ruling is Ruling.ALLOW)
    answer = authorizer.authorize(question)
    assert answer.error is None
    assert "RBAC: allowed by RoleBinding" in answer.reason


def test_asks_about_paths(following: Following) -> None:
    anyone = User("anyone", "", ("system:authenticated",))
    health = Attributes(user=anyone, verb="get", is_resource_request=False, path="/version")
    assert following.cache.authorizer.authorize(health).ruling is Ruling.ALLOW


def test_a_kind_that_may_not_be_read_is_told_with_its_reason(cluster: Cluster, namespace: str) -> None:
    user = f"narrow-{namespace}"
    role = f"narrow-{namespace}"
    core = "namespaces,customresourcedefinitions.apiextensions.k8s.io"
    policies = "validatingadmissionpolicies.admissionregistration.k8s.io"
    bindings = "validatingadmissionpolicybindings.admissionregistration.k8s.io"
    cluster.kubectl("create", "clusterrole", role, "--verb=list,watch", f"--resource={core},{policies},{bindings}")
    cluster.kubectl("create", "clusterrolebinding", role, f"--clusterrole={role}", f"--user={user}")
    client = ClusterClient.connect(kubeconfig=str(cluster.kubeconfig_for(user)))
    following = Following(client, "")
    following.cache.start()
    try:
        eventually(lambda: following.cache.is_synced)
        eventually(lambda: following.cache.waiting_for())
        (waiting,) = following.cache.waiting_for()
        assert "params of kind `ConfigMap` (v1) are not synced yet" in waiting
        assert "was answered 403" in waiting
    finally:
        following.cache.stop()
        client.close()


def test_a_service_account_s_token_is_enough(cluster: Cluster, namespace: str, tmp_path: Path) -> None:
    cluster.kubectl("create", "serviceaccount", "polgate", "--namespace", namespace)
    token = cluster.service_account_token("polgate", namespace=namespace)
    (tmp_path / "token").write_text(token)
    (tmp_path / "ca.crt").write_bytes(cluster.authority.certificate.read_bytes())
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
        environment.setenv("KUBERNETES_SERVICE_PORT", str(cluster.port))
        client = ClusterClient.connect(service_account=tmp_path)
        assert client.get("/version")["major"] == "1"
        with pytest.raises(KubeError) as raised:
            client.get(f"/api/v1/namespaces/{namespace}/secrets")
    assert raised.value.status == 403
    assert f"system:serviceaccount:{namespace}:polgate" in raised.value.message
    client.close()
