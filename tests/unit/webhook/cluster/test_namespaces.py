from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator

import pytest

from policy_engine.admission.context import Unknown
from tests.unit.webhook.cluster.fake_api import FakeApi, eventually
from webhook.cluster.api import ClusterClient
from webhook.cluster.namespaces import ClusterNamespaces

PATH = "/api/v1/namespaces"


@pytest.fixture
def namespaces(api: FakeApi, client: ClusterClient) -> Iterator[ClusterNamespaces]:
    api.serve(PATH, "Namespace")
    made = ClusterNamespaces(client)
    yield made
    made.close()
    made.reflector.stop()


def test_a_namespace_is_found_with_its_labels(api: FakeApi, namespaces: ClusterNamespaces) -> None:
    api.put(PATH, "shop", metadata={"labels": {"team": "a"}, "managedFields": [{"manager": "kubectl"}]})
    namespaces.reflector.start()
    eventually(lambda: namespaces.reflector.is_synced)
    found = namespaces.find("shop")
    assert isinstance(found, dict)
    assert found["metadata"]["labels"] == {"team": "a"}
    assert "managedFields" not in found["metadata"]


def test_before_the_first_list_nothing_is_known(namespaces: ClusterNamespaces) -> None:
    assert namespaces.find("shop") == Unknown("the cluster's namespaces are not synced yet")


def test_a_namespace_that_is_not_here_is_not_said_to_be_missing(namespaces: ClusterNamespaces) -> None:
    namespaces.reflector.start()
    eventually(lambda: namespaces.reflector.is_synced)
    assert namespaces.find("shop") == Unknown("namespace `shop` is not known here yet")


def _wait_in_a_thread(namespaces: ClusterNamespaces, found: list[object]) -> threading.Thread:
    thread = threading.Thread(target=lambda: found.append(namespaces.wait_for("shop", time.monotonic() + 60)))
    thread.start()
    return thread


def test_waiting_ends_when_the_namespace_comes(api: FakeApi, namespaces: ClusterNamespaces) -> None:
    namespaces.reflector.start()
    api.wait_until_watched(PATH)
    found: list[object] = []
    thread = _wait_in_a_thread(namespaces, found)
    api.put(PATH, "other")
    api.put(PATH, "shop")
    thread.join(20)
    assert found == [namespaces.find("shop")]
    assert isinstance(found[0], dict)


def test_waiting_ends_at_the_deadline(namespaces: ClusterNamespaces) -> None:
    assert namespaces.wait_for("shop", -math.inf) is None


def test_waiting_ends_when_the_server_stops(namespaces: ClusterNamespaces) -> None:
    found: list[object] = []
    thread = _wait_in_a_thread(namespaces, found)
    namespaces.close()
    thread.join(20)
    assert found == [None]
