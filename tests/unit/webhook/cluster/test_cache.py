from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from policy_engine.admission.resources import GroupVersionKind
from tests.unit.webhook.cluster.fake_api import FakeApi, eventually
from tests.unit.webhook.cluster.test_definitions import PATH as DEFINITIONS
from tests.unit.webhook.cluster.test_definitions import SHIP, definition
from tests.unit.webhook.cluster.test_params import served
from tests.unit.webhook.cluster.test_policies import BINDINGS, POLICIES
from webhook.cluster.api import ClusterClient
from webhook.cluster.cache import ClusterCache
from webhook.cluster.policies import PolicyObjects

NAMESPACES = "/api/v1/namespaces"
SHIPS = "/apis/example.com/v1/ships"


class Server:
    """What a server does with the cache: its policies ask for the kinds in `kinds`."""

    def __init__(self, client: ClusterClient) -> None:
        self.kinds: list[GroupVersionKind] = []
        self.policies: list[PolicyObjects] = []
        self.changes: list[str] = []
        self.cache = ClusterCache(client, on_policies=self.take, on_change=self.changes.append)

    def take(self, objects: PolicyObjects) -> None:
        self.policies.append(objects)
        self.cache.use_param_kinds(self.kinds)


@pytest.fixture
def server(api: FakeApi, client: ClusterClient) -> Iterator[Server]:
    for path, kind in {
        NAMESPACES: "Namespace",
        DEFINITIONS: "CustomResourceDefinition",
        POLICIES: "ValidatingAdmissionPolicy",
        BINDINGS: "ValidatingAdmissionPolicyBinding",
    }.items():
        api.serve(path, kind)
    made = Server(client)
    yield made
    made.cache.stop()


def test_the_cache_is_synced_when_all_is_here(api: FakeApi, server: Server) -> None:
    api.put(NAMESPACES, "shop")
    api.put(POLICIES, "a")
    assert not server.cache.is_synced
    server.cache.start()
    eventually(lambda: server.cache.is_synced)
    assert server.cache.waiting_for() == ()
    assert isinstance(server.cache.namespaces.find("shop"), dict)
    assert len(server.policies[-1].policies) == 1


def test_what_is_missing_is_told_with_its_reason(api: FakeApi, server: Server) -> None:
    api.collections.pop(NAMESPACES)
    server.cache.start()
    missing = "namespaces are not listed yet: `GET /api/v1/namespaces` was answered 404: no reason given"
    eventually(lambda: server.cache.waiting_for() == (missing,))
    assert not server.cache.is_synced
    assert set(server.cache.problems()) == {"namespaces"}


def test_being_synced_waits_for_the_params_of_the_first_policies(api: FakeApi, server: Server) -> None:
    api.documents["/apis/example.com/v1"] = {"resources": [served("Ship", "ships", namespaced=True)]}
    api.serve(SHIPS, "Ship")
    api.put(SHIPS, "arizona", namespace="x")
    server.kinds = [SHIP]
    server.cache.start()
    eventually(lambda: server.cache.is_synced)
    assert server.cache.params.get(SHIP, "x", "arizona") is not None


def test_a_synced_cache_stays_so_when_a_new_kind_of_params_is_missing(api: FakeApi, server: Server) -> None:
    server.cache.start()
    eventually(lambda: server.cache.is_synced)
    api.fail(500, times=1000, only="list")
    server.cache.use_param_kinds([SHIP])
    eventually(lambda: server.cache.waiting_for() != ())
    assert server.cache.is_synced


def test_a_definition_that_is_installed_makes_its_params_usable(api: FakeApi, server: Server) -> None:
    server.kinds = [SHIP]
    server.cache.start()
    eventually(lambda: server.cache.is_synced)
    assert server.cache.params.is_namespaced(SHIP) is None
    api.wait_until_watched(DEFINITIONS)
    api.documents["/apis/example.com/v1"] = {"resources": [served("Ship", "ships", namespaced=True)]}
    api.serve(SHIPS, "Ship")
    api.put(DEFINITIONS, "ships.example.com", **definition("v1"))
    eventually(lambda: server.cache.params.is_namespaced(SHIP) is True)
    assert server.cache.kinds.find(SHIP) is not None
    eventually(lambda: {"kinds", "params"} <= set(server.changes))


def test_every_collection_has_an_age(api: FakeApi, server: Server) -> None:
    server.cache.start()
    eventually(lambda: server.cache.is_synced)
    ages = server.cache.ages()
    assert len(ages) == 4
    assert all(0 <= age_s < 60 for age_s in ages.values())


def test_stopping_ends_all_threads(api: FakeApi, server: Server) -> None:
    api.documents["/apis/example.com/v1"] = {"resources": [served("Ship", "ships", namespaced=True)]}
    api.serve(SHIPS, "Ship")
    server.kinds = [SHIP]
    server.cache.start()
    for path in (NAMESPACES, DEFINITIONS, POLICIES, BINDINGS, SHIPS):
        api.wait_until_watched(path)
    server.cache.stop()
    left = {thread.name for thread in threading.enumerate()}
    assert not any(name.startswith(("watch ", "look up", "hand on")) for name in left)


def test_what_was_known_can_be_read_after_stopping(api: FakeApi, server: Server) -> None:
    api.put(NAMESPACES, "shop")
    server.cache.start()
    eventually(lambda: server.cache.is_synced)
    server.cache.stop()
    assert isinstance(server.cache.namespaces.find("shop"), dict)
