"""The worst policy there is, one that denies everything everywhere: what still works, and how to get out of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from tests.e2e.server import (
    CONFIGURATIONS,
    REGISTRATION,
    Object,
    Webhook,
    binding,
    config_map,
    denial,
    policy,
    rule,
    tries,
)

pytest_plugins = ["tests.e2e.webhook_fixtures"]

EVERYTHING = rule("*/*", "*", group="*", version="*")
NODE = ("--as=system:node:n1", "--as-group=system:nodes", "--as-group=system:masters")


@pytest.fixture(scope="session")
def cluster(cluster_without_policies: Cluster) -> Cluster:
    """Judge by the webhook alone."""
    return cluster_without_policies


@pytest.fixture(scope="module")
def webhook(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Webhook]:
    """Give the server of a cluster in which nothing can be done; at the end all is as it was."""
    everywhere = binding("nothing-at-all", "", labels={"polgate.io/for": "nothing"}, matchResources={})
    objects = [policy("nothing-at-all", EVERYTHING, "false"), everywhere]
    folder = tmp_path_factory.mktemp("webhook")
    with Webhook(cluster, folder, "--bindings-selector=polgate.io/for=nothing") as server:
        cluster.apply(*objects)
        try:
            eventually(lambda: denial(tries(cluster, "default", config_map())))
            yield server
        finally:
            for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
                cluster.request("DELETE", f"/apis/{REGISTRATION}/{kind}/nothing-at-all")


@pytest.fixture(autouse=True)
def _alive(webhook: Webhook) -> Iterator[None]:
    yield
    if not webhook.is_running():
        webhook.start()


def command(cluster: Cluster, webhook: Webhook, verb: str, *options: str) -> str:
    """Run `polgate webhook` as an administrator does."""
    done = subprocess.run(
        [sys.executable, "-m", "policy_engine", "webhook", verb, f"--name={webhook.name}", *options],
        env={"PATH": os.environ["PATH"], "KUBECONFIG": str(cluster.kubeconfig)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def as_node(cluster: Cluster, *arguments: str, stdin: Object | None = None) -> Any:
    """Run kubectl as a kubelet, whom no policy may keep from it."""
    return cluster.kubectl(*arguments, *NODE, stdin=json.dumps(stdin) if stdin else "")


@pytest.mark.parametrize(
    ("path", "made"),
    [
        ("/api/v1/namespaces/default/configmaps", config_map()),
        ("/api/v1/namespaces", {"metadata": {"name": "any"}}),
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", {"metadata": {"name": "any"}}),
        ("/api/v1/nodes", {"metadata": {"name": "any"}}),
        ("/apis/coordination.k8s.io/v1/namespaces/default/leases", {"metadata": {"name": "any"}}),
    ],
    ids=["configmap", "namespace", "clusterrole", "node-by-a-person", "lease"],
)
def test_nothing_can_be_created(cluster: Cluster, path: str, made: Object) -> None:
    assert denial(cluster.request("POST", f"{path}?dryRun=All", made)).endswith(": nothing-at-all")


def test_the_namespace_of_the_system_stays_mendable(cluster: Cluster) -> None:
    assert tries(cluster, "kube-system", config_map()).status == 201


@pytest.mark.parametrize(
    ("group", "kind", "spec"),
    [
        ("authorization.k8s.io", "SubjectAccessReview", {"user": "ada", "nonResourceAttributes": {"path": "/"}}),
        ("authorization.k8s.io", "SelfSubjectAccessReview", {"nonResourceAttributes": {"path": "/"}}),
        ("authorization.k8s.io", "SelfSubjectRulesReview", {"namespace": "default"}),
        ("authentication.k8s.io", "TokenReview", {"token": "any"}),
        ("authentication.k8s.io", "SelfSubjectReview", {}),
    ],
)
def test_questions_about_access_are_answered(cluster: Cluster, group: str, kind: str, spec: Object) -> None:
    review = {"apiVersion": f"{group}/v1", "kind": kind, "spec": spec}

    assert cluster.request("POST", f"/apis/{group}/v1/{kind.lower()}s", review).status == 201


def test_a_node_comes_up_and_stays(cluster: Cluster) -> None:
    node: Object = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}
    lease: Object = {"metadata": {"name": "n1", "namespace": "kube-node-lease"}, "spec": {"holderIdentity": "n1"}}
    lease |= {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease"}
    csi: Object = {"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n1"}}
    eventually(lambda: cluster.request("GET", "/api/v1/namespaces/kube-node-lease").status == 200)

    for made in (node, lease, csi | {"spec": {"drivers": []}}):
        assert as_node(cluster, "create", "-f", "-", stdin=made).stdout.endswith("created\n")
    status = json.dumps({"status": {"phase": "Running"}})
    as_node(cluster, "patch", "node", "n1", "--subresource=status", "--type=merge", "-p", status)
    as_node(cluster, "patch", "lease", "n1", "-n", "kube-node-lease", "--type=merge", "-p", '{"spec":{}}')
    as_node(cluster, "delete", "node/n1", "csinode/n1")


def test_the_policy_can_be_edited_away(cluster: Cluster, webhook: Webhook) -> None:
    kind = f"/apis/{REGISTRATION}/validatingadmissionpolicybindings"
    bound = cluster.request("GET", f"{kind}/nothing-at-all").json()

    assert cluster.request("DELETE", f"{kind}/nothing-at-all").status == 200
    eventually(lambda: tries(cluster, "default", config_map()).status == 201)

    cluster.request(
        "POST", kind, bound | {"metadata": {"name": "nothing-at-all", "labels": bound["metadata"]["labels"]}}
    )
    eventually(lambda: denial(tries(cluster, "default", config_map())))


def test_the_api_server_starts_while_nobody_answers_it(cluster: Cluster, webhook: Webhook) -> None:
    webhook.kill()
    cluster.kill()

    cluster.start()

    assert "failed calling webhook" in tries(cluster, "default", config_map()).json()["message"]
    assert tries(cluster, "kube-system", config_map()).status == 201


def test_a_cluster_that_a_dead_server_locks_is_unlocked_by_one_command_and_locked_by_another(
    cluster: Cluster, webhook: Webhook
) -> None:
    webhook.kill()
    locked = tries(cluster, "default", config_map()).json()["message"]
    assert 'failed calling webhook "fail.polgate.io"' in locked

    said = command(cluster, webhook, "disable", "--yes", "--reason", "nothing starts")
    eventually(lambda: tries(cluster, "default", config_map()).status == 201)
    webhook.start()
    waiting = eventually(lambda: [one for one in webhook.logs() if "switched off" in one["message"]])

    assert "none of that is enforced any more" in said
    assert "nothing starts" in waiting[-1]["message"]
    assert tries(cluster, "default", config_map()).status == 201
    assert "nothing starts" in command(cluster, webhook, "status")
    assert "enforced again: fail.polgate.io" in command(cluster, webhook, "enable")
    eventually(lambda: denial(tries(cluster, "default", config_map())))


def test_a_cluster_is_unlocked_by_deleting_the_registration_too(cluster: Cluster, webhook: Webhook) -> None:
    webhook.kill()

    assert cluster.request("DELETE", f"{CONFIGURATIONS}/{webhook.name}").status == 200

    eventually(lambda: tries(cluster, "default", config_map()).status == 201)
    webhook.start()
    eventually(lambda: denial(tries(cluster, "default", config_map())))
