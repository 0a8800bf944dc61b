"""What the tests of the cluster cache share: a server, and a client that is connected to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.webhook.cluster.fake_api import FakeApi
from webhook.cluster.api import ClusterClient


def write_kubeconfig(folder: Path, server: str, **user: object) -> str:
    path = folder / "kubeconfig"
    config = {
        "current-context": "test",
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "clusters": [{"name": "test", "cluster": {"server": server}}],
        "users": [{"name": "test", "user": user}],
    }
    path.write_text(json.dumps(config))
    return str(path)


@pytest.fixture
def api() -> Iterator[FakeApi]:
    fake = FakeApi()
    yield fake
    fake.close()


@pytest.fixture
def client(api: FakeApi, tmp_path: Path) -> Iterator[ClusterClient]:
    connected = ClusterClient.connect(kubeconfig=write_kubeconfig(tmp_path, api.url))
    yield connected
    connected.close()
