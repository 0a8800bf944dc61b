"""Whatever happens to the server and to the connection: in the end the store is what the server has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.webhook.cluster.conftest import write_kubeconfig
from tests.unit.webhook.cluster.fake_api import FakeApi, eventually
from webhook.cluster.api import ClusterClient
from webhook.cluster.reflector import Reflector
from webhook.cluster.store import Store

# Few names and many changes, so that something often happens to what is there.
_NAMES = st.tuples(st.sampled_from(["", "x"]), st.sampled_from("ab"))
_CHANGES = st.tuples(st.sampled_from(["put", "put", "delete"]), _NAMES)
_TROUBLES = st.one_of(
    st.tuples(st.sampled_from(["end", "drop", "half", "bookmark", "compact", "expire", "unserve", "serve"])),
    st.tuples(st.just("fail"), st.sampled_from([0, 403, 410, 429, 500, 504]), st.sampled_from(["list", "watch"])),
)
_GAPS = st.tuples(st.just("gap"), _NAMES)  # deleted while nobody watched, and forgotten before anybody asked
_STEPS = st.one_of(_CHANGES, _CHANGES, st.just(("settle",)), _TROUBLES, _GAPS)
_numbers = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FakeApi, ClusterClient]]:
    api = FakeApi()
    client = ClusterClient.connect(kubeconfig=write_kubeconfig(Path(tmp_path_factory.mktemp("kube")), api.url))
    yield api, client
    client.close()
    api.close()


def _do(api: FakeApi, path: str, step: tuple[object, ...]) -> None:
    match step:
        case "serve", *_:
            api.serve(path, "ConfigMap")
        case "unserve", *_:
            api.unserve(path)
        case "put", (str(namespace), str(name)) if path in api.collections:
            api.put(path, name, namespace=namespace)
        case "delete", (str(namespace), str(name)) if path in api.collections:
            api.delete(path, name, namespace=namespace)
        case "gap", (str(namespace), str(name)) if path in api.collections:
            with api.state:
                api.end_watches(path, "drop")
                api.delete(path, name, namespace=namespace)
                api.compact()
        case "bookmark", *_:
            api.bookmark(path)
        case "compact", *_:
            api.compact()
        case "expire", *_:
            api.error_event(path, 410)
        case ("end" | "drop" | "half") as how, *_:
            api.end_watches(path, how)
        case "fail", int(status), str(only):
            api.fail(status, only=only)


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(_STEPS, min_size=5, max_size=30), page_size=st.sampled_from([0, 1, 3]))
def test_the_store_becomes_what_the_server_has(
    server: tuple[FakeApi, ClusterClient], steps: list[tuple[object, ...]], page_size: int
) -> None:
    api, client = server
    path = f"/api/v1/things{next(_numbers)}"
    store = Store()
    reflector = Reflector(client, path, what="things", store=store, page_size=page_size, may_be_absent=True)

    def is_equal() -> bool:
        with api.state:
            _, there = api.collections.get(path, ("", {}))
            wanted = {key: found["metadata"]["resourceVersion"] for key, found in there.items()}
        here = {
            (found["metadata"].get("namespace", ""), found["metadata"]["name"]): found["metadata"][
                "resourceVersion"
            ]
            for found in store.all()
        }
        return here == wanted

    api.serve(path, "ConfigMap")
    reflector.start()
    try:
        for step in steps:
            if step[0] == "settle":
                eventually(is_equal, while_waiting=reflector.look_again)
            else:
                _do(api, path, step)
        eventually(lambda: is_equal() and reflector.is_synced, while_waiting=reflector.look_again)
    finally:
        api.faults.clear()
        reflector.stop()
