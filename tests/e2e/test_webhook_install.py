"""The chart installed in a cluster, with two replicas behind its Service, from the first verdict to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from tests.e2e.release import NAME, NAMESPACE, Release
from tests.e2e.server import (
    CONFIGURATIONS,
    REGISTRATION,
    Load,
    binding,
    config_map,
    denial,
    policy,
    rule,
    tries,
)

pytest_plugins = ["tests.e2e.webhook_fixtures"]


@pytest.fixture(scope="session")
def cluster(cluster_without_policies: Cluster) -> Cluster:
    """Judge by the webhook alone."""
    return cluster_without_policies


def ask(cluster: Cluster, namespace: str, name: str) -> Callable[[], str]:
    """Give a client that asks for a ConfigMap, and tells what it was answered."""

    def asked() -> str:
        answer = tries(cluster, namespace, config_map(name))
        return "admitted" if answer.status == 201 else denial(answer) or answer.json()["message"]

    return asked


SAID = (
    'admission webhook "fail.polgate.io" denied the request: '
    "ValidatingAdmissionPolicy 'not-bad' with binding 'not-bad' denied request: not-bad"
)


@pytest.fixture(scope="module")
def release(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Release]:
    """Give the chart installed, with a policy that concerns all namespaces."""
    everywhere = binding("not-bad", "", labels={"polgate.io/for": "release"}, matchResources={})
    not_bad = policy("not-bad", rule("configmaps"), "object.metadata.name != 'bad'")
    installed = Release(cluster, tmp_path_factory.mktemp("release"), selector="polgate.io/for=release")
    try:
        installed.install()
        cluster.apply(not_bad, everywhere)
        eventually(lambda: ask(cluster, "default", "bad")() == SAID)
        yield installed
    finally:
        installed.close()
        for kind in ("validatingadmissionpolicybindings", "validatingadmissionpolicies"):
            cluster.request("DELETE", f"/apis/{REGISTRATION}/{kind}/not-bad")


def test_the_service_leads_to_verdicts(cluster: Cluster, namespace: str, release: Release) -> None:
    assert ask(cluster, namespace, "bad")() == SAID
    assert ask(cluster, namespace, "good")() == "admitted"


@pytest.mark.parametrize("spared", [NAMESPACE, "kube-system"])
def test_where_the_server_and_the_system_live_nothing_is_asked(
    cluster: Cluster, release: Release, spared: str
) -> None:
    assert ask(cluster, spared, "bad")() == "admitted"


def test_the_replicas_agree_on_the_registration_and_write_it_once(cluster: Cluster, release: Release) -> None:
    written = [line for pod in release.pods for line in pod.logs() if "wrote webhook" in line["message"]]
    assert 1 <= len(written) <= 2  # the second one where a rule came later than the certificate


def test_replicas_are_restarted_one_after_the_other_without_a_lost_request(
    cluster: Cluster, namespace: str, release: Release
) -> None:
    with Load(ask(cluster, namespace, "good"), ask(cluster, namespace, "bad")) as clients:
        clients.goes_on("admitted")
        for pod in release.pods:
            pod.stop()
            clients.goes_on("admitted")
            pod.start()
        clients.goes_on("admitted")
        clients.goes_on(SAID)

    assert clients.seen.keys() == {"admitted", SAID}


def test_one_replica_goes_on_alone(cluster: Cluster, namespace: str, release: Release) -> None:
    first, second = release.pods
    first.stop()

    assert ask(cluster, namespace, "bad")() == SAID
    first.start()
    second.stop()
    assert ask(cluster, namespace, "bad")() == SAID
    second.start()


def test_the_roles_of_the_chart_are_enough(cluster: Cluster, release: Release) -> None:
    account = f"system:serviceaccount:{NAMESPACE}:{NAME}"
    calls = [event for event in cluster.audit_events() if event["user"]["username"] == account]

    assert {"get", "list", "watch", "update"} <= {call["verb"] for call in calls}
    assert [call["requestURI"] for call in calls if call["responseStatus"]["code"] in (401, 403)] == []
    assert [line for pod in release.pods for line in pod.logs() if line["level"] == "error"] == []


def test_uninstalling_unlocks_the_cluster(cluster: Cluster, namespace: str, release: Release) -> None:
    for pod in release.pods:
        pod.kill()
    assert "failed calling webhook" in ask(cluster, namespace, "good")()

    release.uninstall()

    assert cluster.request("GET", f"{CONFIGURATIONS}/{NAME}").status == 404
    eventually(lambda: ask(cluster, namespace, "bad")() == "admitted")
