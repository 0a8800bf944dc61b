from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit.webhook.cluster.fake_api import FakeApi, eventually
from webhook.cluster.api import ClusterClient
from webhook.cluster.reflector import Reflector
from webhook.cluster.store import Store

PATH = "/api/v1/configmaps"

Follow = Callable[..., Reflector]


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def follow(api: FakeApi, client: ClusterClient, store: Store) -> Iterator[Follow]:
    started: list[Reflector] = []

    def start(path: str = PATH, **options: Any) -> Reflector:
        reflector = Reflector(client, path, what="things", store=store, **options)
        reflector.start()
        started.append(reflector)
        return reflector

    yield start
    for reflector in started:
        reflector.stop()


def names(store: Store) -> list[str]:
    return sorted(found["metadata"]["name"] for found in store.all())


def test_what_is_listed_is_in_the_store(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "a", namespace="x")
    reflector = follow()
    eventually(lambda: reflector.is_synced)
    assert names(store) == ["a"]


def test_listed_objects_say_their_kind_as_watched_ones_do(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "a", namespace="x")
    reflector = follow()
    eventually(lambda: reflector.is_synced)
    found = store.find("x", "a")
    assert found is not None
    assert (found["apiVersion"], found["kind"]) == ("v1", "ConfigMap")


def test_a_list_of_many_pages_is_one_state(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    for number in range(25):
        api.put(PATH, f"a{number}", namespace="x")
    reflector = follow(page_size=10)
    eventually(lambda: reflector.is_synced)
    assert len(store.all()) == 25
    assert api.count("list") == 3


def test_pages_that_were_forgotten_are_asked_for_in_one(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    for number in range(25):
        api.put(PATH, f"a{number}", namespace="x")

    def forget(found: dict[str, Any]) -> dict[str, Any]:
        if api.count("list") == 1:
            api.compact()
        return found

    reflector = follow(page_size=10, transform=forget)
    eventually(lambda: reflector.is_synced)
    assert len(store.all()) == 25


def test_changes_are_followed(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "gone", namespace="x")
    follow()
    api.wait_until_watched(PATH)
    api.put(PATH, "new", namespace="x", data={"a": "1"})
    api.put(PATH, "new", namespace="x", data={"a": "2"})
    api.delete(PATH, "gone", namespace="x")
    eventually(lambda: names(store) == ["new"] and (store.find("x", "new") or {})["data"] == {"a": "2"})


def test_a_watch_that_ends_goes_on_where_it_stood(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    follow()
    api.wait_until_watched(PATH)
    api.put(PATH, "a", namespace="x")
    api.end_watches(PATH)
    api.put(PATH, "b", namespace="x")
    eventually(lambda: names(store) == ["a", "b"])
    assert api.count("list") == 1


@pytest.mark.parametrize("how", ["drop", "half"])
def test_a_watch_that_breaks_goes_on_where_it_stood(api: FakeApi, store: Store, follow: Follow, how: str) -> None:
    api.serve(PATH, "ConfigMap")
    reflector = follow()
    api.wait_until_watched(PATH)
    api.put(PATH, "a", namespace="x")
    api.end_watches(PATH, how)
    api.put(PATH, "b", namespace="x")
    eventually(lambda: names(store) == ["a", "b"], while_waiting=reflector.look_again)
    assert api.count("list") == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_server_in_trouble_is_asked_again_for_the_same_version(
    api: FakeApi, store: Store, follow: Follow, status: int
) -> None:
    api.serve(PATH, "ConfigMap")
    api.fail(status, times=2, headers={"Retry-After": "1"}, only="watch")
    reflector = follow()
    eventually(lambda: api.count("watch") == 3, while_waiting=reflector.look_again)
    api.put(PATH, "a", namespace="x")
    eventually(lambda: names(store) == ["a"])
    assert api.count("list") == 1


def test_a_version_that_only_makes_errors_is_given_up(api: FakeApi, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.fail(504, times=5, only="watch")
    reflector = follow()
    eventually(lambda: api.count("list") == 2, while_waiting=reflector.look_again)


def test_the_time_a_server_asks_for_is_given_to_it(
    api: FakeApi, follow: Follow, caplog: pytest.LogCaptureFixture
) -> None:
    api.serve(PATH, "ConfigMap")
    api.fail(429, headers={"Retry-After": "17"})
    follow()
    eventually(lambda: "next try in 17.0 s" in caplog.text)


def test_a_forgotten_version_replaces_the_store(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "old", namespace="x")
    reflector = follow()
    api.wait_until_watched(PATH)
    with api.state:  # what happens here is not told to any watch
        api.end_watches(PATH, "drop")
        api.collections[PATH][1].clear()
        api.put(PATH, "new", namespace="x")
        api.compact()
    eventually(lambda: names(store) == ["new"], while_waiting=reflector.look_again)


def test_an_expired_watch_is_followed_by_a_list(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    follow()
    api.wait_until_watched(PATH)
    with api.state:
        api.error_event(PATH, 410)
        api.put(PATH, "a", namespace="x")
    eventually(lambda: names(store) == ["a"] and api.count("list") == 2)


def test_a_bookmark_moves_the_version(api: FakeApi, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    reflector = follow()
    api.wait_until_watched(PATH)
    api.bookmark(PATH)
    version = api.version
    eventually(lambda: reflector._version == str(version))
    api.end_watches(PATH)
    eventually(lambda: api.count(f"resourceVersion={version}&") == 1)


def test_a_collection_that_is_not_served_is_absent(api: FakeApi, store: Store, follow: Follow) -> None:
    reflector = follow(may_be_absent=True)
    eventually(lambda: reflector.is_absent)
    assert reflector.is_synced
    assert reflector.problem is None


def test_an_absent_collection_is_found_when_told_to_look(api: FakeApi, store: Store, follow: Follow) -> None:
    reflector = follow(may_be_absent=True)
    eventually(lambda: reflector.is_absent)
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "a", namespace="x")
    reflector.look_again()
    eventually(lambda: names(store) == ["a"] and not reflector.is_absent)


def test_a_collection_that_is_no_longer_served_empties_the_store(
    api: FakeApi, store: Store, follow: Follow
) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "a", namespace="x")
    reflector = follow(may_be_absent=True)
    api.wait_until_watched(PATH)
    api.unserve(PATH)
    eventually(lambda: reflector.is_absent and not store.all(), while_waiting=reflector.look_again)


def test_not_found_is_not_believed_where_a_collection_must_be(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "a", namespace="x")
    reflector = follow()
    api.wait_until_watched(PATH)
    api.collections.pop(PATH)
    api.end_watches(PATH)
    eventually(lambda: reflector.problem is not None, while_waiting=reflector.look_again)
    assert names(store) == ["a"]
    assert not reflector.is_absent


def test_what_cannot_be_listed_is_a_problem_in_words(api: FakeApi, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.fail(403, times=100)
    reflector = follow()
    eventually(lambda: reflector.problem is not None)
    assert reflector.problem == f"`GET {PATH}` was answered 403: as the test wants it"
    assert not reflector.is_synced


def test_a_problem_that_is_over_is_forgotten(api: FakeApi, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.fail(500)
    reflector = follow()
    eventually(lambda: reflector.is_synced and reflector.problem is None, while_waiting=reflector.look_again)


def test_the_age_is_infinite_before_the_first_list(client: ClusterClient, store: Store) -> None:
    assert Reflector(client, PATH, what="things", store=store).age_s() == float("inf")


def test_a_bookmark_makes_the_store_young_again(api: FakeApi, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    reflector = follow()
    api.wait_until_watched(PATH)
    reflector._heard_s = -1e6
    assert reflector.age_s() > 1e6
    api.bookmark(PATH)
    eventually(lambda: reflector.age_s() < 1e6)


def test_stopping_ends_a_watch_that_waits(api: FakeApi, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    reflector = follow()
    api.wait_until_watched(PATH)
    reflector.stop()
    assert "watch things" not in {thread.name for thread in threading.enumerate()}


def test_listeners_hear_of_changes_but_not_of_bookmarks(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    heard: list[list[str]] = []
    follow(on_change=lambda: heard.append(names(store)))
    api.wait_until_watched(PATH)
    api.bookmark(PATH)
    api.put(PATH, "a", namespace="x")
    eventually(lambda: heard == [[], ["a"]])


def test_what_nobody_needs_is_dropped_from_lists_and_events(api: FakeApi, store: Store, follow: Follow) -> None:
    api.serve(PATH, "ConfigMap")
    api.put(PATH, "a", namespace="x", data={"big": "one"})
    follow(transform=lambda found: {"metadata": found["metadata"]})
    api.wait_until_watched(PATH)
    api.put(PATH, "b", namespace="x", data={"big": "one"})
    eventually(lambda: names(store) == ["a", "b"])
    assert not any("data" in found for found in store.all())
