"""What happens while things break: nothing is admitted that must not be, and as little as possible is refused.

Clients ask all the time, each over again as soon as it has its answer: one for what is good, one for what is bad.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from tests.e2e.server import (
    Enforce,
    Load,
    Webhook,
    binding,
    config_map,
    decoded_bundle,
    denial,
    policy,
    rule,
    tries,
)

pytest_plugins = ["tests.e2e.webhook_fixtures"]

GOOD = "good: admitted"
BAD = "bad: denied"


@pytest.fixture(scope="session")
def cluster(cluster_without_policies: Cluster) -> Cluster:
    """Judge by the webhook alone."""
    return cluster_without_policies


def asks_for(cluster: Cluster, namespace: str, name: str) -> Callable[[], str]:
    """Give a client that asks for a ConfigMap, and tells what it was answered."""

    def ask() -> str:
        answer = tries(cluster, namespace, config_map(name))
        if answer.status == 201:
            return f"{name}: admitted"
        message = answer.json()["message"]
        if "failed calling webhook" in message:
            return f"{name}: nobody to ask"
        return f"{name}: denied" if denial(answer).endswith(namespace) else f"{name}: {message}"

    return ask


@pytest.fixture
def clients(cluster: Cluster, namespace: str) -> Load:
    """Give clients that ask for something good and something bad."""
    return Load(asks_for(cluster, namespace, "good"), asks_for(cluster, namespace, "bad"))


@pytest.fixture
def start(cluster: Cluster, namespace: str, tmp_path: Path, enforce: Enforce) -> Iterator[Any]:
    """Give a function that starts a server which denies what is bad, and waits until it does."""
    label = {"polgate.io/for": namespace}
    servers: list[Webhook] = []

    def started(*options: str, **spec: Any) -> Webhook:
        selector = f"--bindings-selector=polgate.io/for={namespace}"
        server = Webhook(cluster, tmp_path, selector, *options)
        servers.append(server)
        server.start()
        enforce(
            policy(namespace, rule("configmaps", "CREATE"), "object.metadata.name != 'bad'", **spec),
            binding(namespace, namespace, labels=label),
            until=lambda: denial(tries(cluster, namespace, config_map("bad"))),
        )
        return server

    yield started
    for server in servers:
        server.__exit__(None, None, None)


def test_certificates_and_their_authority_change_without_a_lost_request(start: Any, clients: Load) -> None:
    server: Webhook = start("--certificate-lifetime=6s", "--ca-lifetime=18s")

    def authorities() -> frozenset[str]:
        [bundle] = decoded_bundle(server.configuration())
        return frozenset(part for part in bundle.split("-----BEGIN CERTIFICATE-----") if part.strip())

    def renewals() -> list[str]:
        return [line["message"] for line in server.logs() if "renewed the certificate" in line["message"]]

    with clients:
        first = authorities()
        eventually(lambda: not authorities() & first, timeout_s=90)
        eventually(lambda: len(renewals()) > 2, timeout_s=90)
        clients.goes_on(GOOD)
        clients.goes_on(BAD)

    assert clients.seen.keys() == {GOOD, BAD}
    assert server.complaints() == []


def test_while_the_server_is_dead_nothing_is_admitted_by_a_policy_that_fails(start: Any, clients: Load) -> None:
    server: Webhook = start()

    with clients:
        clients.goes_on(GOOD)
        server.kill()
        clients.goes_on("good: nobody to ask")
        clients.goes_on("bad: nobody to ask")
        server.start()
        clients.goes_on(GOOD)
        clients.goes_on(BAD)

    assert clients.seen.keys() == {GOOD, BAD, "good: nobody to ask", "bad: nobody to ask"}


def test_while_the_server_is_dead_everything_is_admitted_by_a_policy_that_ignores_failures(
    start: Any, clients: Load
) -> None:
    server: Webhook = start(failurePolicy="Ignore")

    with clients:
        clients.goes_on(BAD)
        server.kill()
        clients.goes_on("bad: admitted")
        server.start()
        clients.goes_on(BAD)
        admitted = clients.seen["bad: admitted"]
        clients.goes_on(BAD)
        assert clients.seen["bad: admitted"] == admitted

    assert clients.seen.keys() == {GOOD, BAD, "bad: admitted"}


def test_a_worker_that_ends_is_replaced_without_a_lost_request(start: Any, clients: Load) -> None:
    server: Webhook = start("--workers=2")
    before = server.workers()
    assert len(before) == 2

    with clients:
        clients.goes_on(GOOD)
        os.kill(before[0], signal.SIGTERM)
        eventually(lambda: before[0] not in server.workers() and len(server.workers()) == 2, timeout_s=60)
        clients.goes_on(GOOD)
        clients.goes_on(BAD)

    assert clients.seen.keys() == {GOOD, BAD}


def test_a_server_that_is_told_to_stop_answers_what_it_was_asked(start: Any, clients: Load) -> None:
    server: Webhook = start()

    with clients:
        clients.goes_on(GOOD)
        server.stop()
        clients.goes_on("bad: nobody to ask")

    assert not server.is_running()
    assert clients.seen.keys() == {GOOD, BAD, "good: nobody to ask", "bad: nobody to ask"}
    assert server.complaints() == []


def test_after_the_api_server_was_away_verdicts_are_right_and_changes_count(
    cluster: Cluster, namespace: str, enforce: Enforce, start: Any
) -> None:
    server: Webhook = start()
    registered = server.configuration()["webhooks"]

    cluster.kill()
    cluster.start()

    asked = [denial(tries(cluster, namespace, config_map(name))) for name in ("bad", "good")]
    assert (asked[0].endswith(namespace), asked[1]) == (True, "")
    assert server.configuration()["webhooks"] == registered
    label = {"polgate.io/for": namespace}
    enforce(
        policy(f"{namespace}-new", rule("configmaps", "CREATE"), "object.metadata.name != 'good'"),
        binding(f"{namespace}-new", namespace, labels=label),
        until=lambda: denial(tries(cluster, namespace, config_map("good"))),
    )
    assert server.is_ready()
    assert not [line for line in server.logs() if "exception" in line]
