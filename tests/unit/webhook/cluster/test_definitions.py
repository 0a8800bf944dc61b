from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from tests.unit.webhook.cluster.fake_api import FakeApi, eventually
from webhook.cluster.api import ClusterClient
from webhook.cluster.definitions import ClusterDefinitions

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
SHIP = GroupVersionKind("example.com", "v1", "Ship")


def definition(*versions: str, **more: Any) -> dict[str, Any]:
    return {
        "spec": {
            "group": "example.com",
            "names": {"kind": "Ship", "plural": "ships", "singular": "ship"},
            "scope": "Namespaced",
            "versions": [{"name": name, "served": True, "schema": {"large": 1}} for name in versions],
        },
        **more,
    }


class Heard:
    def __init__(self) -> None:
        self.events = 0
        self.kinds = 0

    def event(self) -> None:
        self.events += 1

    def changed(self) -> None:
        self.kinds += 1


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def definitions(api: FakeApi, client: ClusterClient, heard: Heard) -> Iterator[ClusterDefinitions]:
    api.serve(PATH, "CustomResourceDefinition")
    made = ClusterDefinitions(client, on_event=heard.event, on_kinds=heard.changed)
    made.reflector.start()
    api.wait_until_watched(PATH)
    yield made
    made.reflector.stop()


def test_a_definition_makes_its_kind_known(api: FakeApi, definitions: ClusterDefinitions) -> None:
    api.put(PATH, "ships.example.com", **definition("v1"))
    eventually(lambda: definitions.kinds.find(SHIP) is not None)
    ship = definitions.kinds.find(SHIP)
    assert ship is not None
    assert ship.namespaced is True


def test_versions_of_a_definition_are_equivalent(api: FakeApi, definitions: ClusterDefinitions) -> None:
    api.put(PATH, "ships.example.com", **definition("v1", "v2"))
    eventually(lambda: definitions.kinds.find(SHIP) is not None)
    others = definitions.kinds.equivalents(GroupVersionResource("example.com", "v1", "ships"))
    assert [other.kind.version for other in others] == ["v2"]


def test_a_deleted_definition_is_forgotten(api: FakeApi, definitions: ClusterDefinitions) -> None:
    api.put(PATH, "ships.example.com", **definition("v1"))
    eventually(lambda: definitions.kinds.find(SHIP) is not None)
    api.delete(PATH, "ships.example.com")
    eventually(lambda: definitions.kinds.find(SHIP) is None)


def test_a_change_of_status_is_an_event_but_changes_no_kinds(
    api: FakeApi, definitions: ClusterDefinitions, heard: Heard
) -> None:
    api.put(PATH, "ships.example.com", **definition("v1"))
    eventually(lambda: heard.events == 2)  # the list, and this
    api.put(PATH, "ships.example.com", **definition("v1", status={"conditions": [{"type": "Established"}]}))
    eventually(lambda: heard.events == 3)
    assert heard.kinds == 1
