from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from policy_engine.admission.context import Unknown
from policy_engine.admission.resources import GroupVersionKind
from tests.unit.webhook.cluster.fake_api import FakeApi, eventually
from webhook.cluster.api import ClusterClient
from webhook.cluster.params import ClusterParams

CONFIG_MAP = GroupVersionKind("", "v1", "ConfigMap")
LIMIT = GroupVersionKind("example.com", "v1", "Limit")
CONFIG_MAPS = "/api/v1/configmaps"
LIMITS = "/apis/example.com/v1/limits"


def served(kind: str, name: str, *, namespaced: bool) -> dict[str, Any]:
    return {"kind": kind, "name": name, "namespaced": namespaced}


@pytest.fixture
def changes() -> list[str]:
    return []


@pytest.fixture
def params(api: FakeApi, client: ClusterClient, changes: list[str]) -> Iterator[ClusterParams]:
    api.documents["/api/v1"] = {
        "kind": "APIResourceList",
        "resources": [
            served("ConfigMap", "configmaps/odd", namespaced=False),
            served("ConfigMap", "configmaps", namespaced=True),
        ],
    }
    api.serve(CONFIG_MAPS, "ConfigMap")
    made = ClusterParams(client, on_change=lambda: changes.append("changed"))
    made.start()
    yield made
    made.stop()


def install_limits(api: FakeApi) -> None:
    api.serve(LIMITS, "Limit")
    api.documents["/apis/example.com/v1"] = {"resources": [served("Limit", "limits", namespaced=False)]}


def names(found: Any) -> list[str]:
    return sorted(each["metadata"]["name"] for each in found)


def test_params_of_a_kind_in_use_are_at_hand(api: FakeApi, params: ClusterParams) -> None:
    api.put(CONFIG_MAPS, "a", namespace="x", data={"limit": "1"})
    api.put(CONFIG_MAPS, "b", namespace="y")
    params.use_kinds([CONFIG_MAP])
    eventually(lambda: params.is_namespaced(CONFIG_MAP) is True)
    found = params.get(CONFIG_MAP, "x", "a")
    assert found is not None
    assert found["data"] == {"limit": "1"}
    assert names(params.list(CONFIG_MAP, "x")) == ["a"]
    assert params.get(CONFIG_MAP, "y", "a") is None


def test_a_kind_that_nobody_asked_for_is_unknown(params: ClusterParams) -> None:
    assert params.is_namespaced(CONFIG_MAP) == Unknown("params of kind `ConfigMap` are not followed")
    assert list(params.list(CONFIG_MAP, "x")) == []


def test_a_kind_is_unknown_until_it_was_listed(api: FakeApi, params: ClusterParams) -> None:
    api.fail(500, times=100, only="list")
    params.use_kinds([CONFIG_MAP])
    assert isinstance(params.is_namespaced(CONFIG_MAP), Unknown)
    eventually(lambda: params.is_settled)
    assert isinstance(params.is_namespaced(CONFIG_MAP), Unknown)


def test_a_kind_that_may_not_be_read_settles_with_its_reason(api: FakeApi, params: ClusterParams) -> None:
    api.collections.pop(CONFIG_MAPS)
    api.documents[CONFIG_MAPS] = {}  # a list that is none: it has no version
    params.use_kinds([CONFIG_MAP])
    eventually(lambda: params.is_settled)
    (waiting,) = params.waiting_for()
    assert waiting.startswith("params of kind `ConfigMap` (v1) are not synced yet: list of params")


def test_a_kind_that_is_not_served_has_no_scope(params: ClusterParams) -> None:
    params.use_kinds([LIMIT])
    eventually(lambda: params.is_namespaced(LIMIT) is None)
    assert params.is_settled


def test_a_kind_of_another_name_in_the_same_group_is_not_it(api: FakeApi, params: ClusterParams) -> None:
    api.documents["/apis/example.com/v1"] = {"resources": [served("Other", "others", namespaced=True)]}
    params.use_kinds([LIMIT])
    eventually(lambda: params.is_namespaced(LIMIT) is None)


def test_a_kind_that_is_installed_later_becomes_usable(
    api: FakeApi, params: ClusterParams, changes: list[str]
) -> None:
    params.use_kinds([LIMIT])
    eventually(lambda: params.is_namespaced(LIMIT) is None)
    install_limits(api)
    api.put(LIMITS, "a")
    params.look_again()
    eventually(lambda: params.is_namespaced(LIMIT) is False)
    assert names(params.list(LIMIT, "")) == ["a"]
    assert changes


def test_a_kind_that_is_uninstalled_is_no_longer_served(api: FakeApi, params: ClusterParams) -> None:
    install_limits(api)
    params.use_kinds([LIMIT])
    eventually(lambda: params.is_namespaced(LIMIT) is False)
    api.documents.pop("/apis/example.com/v1")
    api.unserve(LIMITS)
    params.look_again()
    eventually(lambda: params.is_namespaced(LIMIT) is None)


def test_a_kind_that_moves_is_followed_where_it_is(api: FakeApi, params: ClusterParams) -> None:
    install_limits(api)
    params.use_kinds([LIMIT])
    eventually(lambda: params.is_namespaced(LIMIT) is False)
    moved = "/apis/example.com/v1/bounds"
    api.serve(moved, "Limit")
    api.put(moved, "b", namespace="x")
    api.documents["/apis/example.com/v1"] = {"resources": [served("Limit", "bounds", namespaced=True)]}
    params.look_again()
    eventually(lambda: params.is_namespaced(LIMIT) is True)
    assert names(params.list(LIMIT, "x")) == ["b"]


def test_discovery_that_fails_takes_nothing_away(api: FakeApi, params: ClusterParams) -> None:
    install_limits(api)
    params.use_kinds([LIMIT])
    eventually(lambda: params.is_namespaced(LIMIT) is False)
    asked = api.count("list /apis/example.com/v1")
    api.fail(503, only="list")
    params.look_again()
    eventually(lambda: api.count("list /apis/example.com/v1") > asked and not api.faults)
    assert params.is_namespaced(LIMIT) is False


def test_a_kind_that_is_no_longer_in_use_is_let_go(api: FakeApi, params: ClusterParams) -> None:
    params.use_kinds([CONFIG_MAP])
    api.wait_until_watched(CONFIG_MAPS)
    params.use_kinds([])
    eventually(lambda: not any("ConfigMap" in thread.name for thread in threading.enumerate()))
    assert params.get(CONFIG_MAP, "x", "a") is None
    assert params.followed == ()


def test_a_kind_that_stays_in_use_is_not_listed_again(api: FakeApi, params: ClusterParams) -> None:
    params.use_kinds([CONFIG_MAP])
    eventually(lambda: params.is_namespaced(CONFIG_MAP) is True)
    params.use_kinds([CONFIG_MAP, LIMIT])
    eventually(lambda: params.is_namespaced(LIMIT) is None)
    assert api.count(f"list {CONFIG_MAPS}") == 1


def test_changes_of_objects_are_no_change_of_kinds(
    api: FakeApi, params: ClusterParams, changes: list[str]
) -> None:
    params.use_kinds([CONFIG_MAP])
    eventually(lambda: params.is_namespaced(CONFIG_MAP) is True)
    api.wait_until_watched(CONFIG_MAPS)
    told = len(changes)
    api.put(CONFIG_MAPS, "a", namespace="x")
    eventually(lambda: params.get(CONFIG_MAP, "x", "a") is not None)
    assert len(changes) == told
