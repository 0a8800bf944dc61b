"""What the end-to-end tests share: a real API server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from tests.e2e.binaries import HOW_TO_GET_THEM, Binaries, find_binaries
from tests.e2e.cluster import Cluster


@pytest.fixture(scope="session")
def binaries() -> Binaries:
    """Give the programs of a control plane, or skip the test where there are none."""
    found = find_binaries()
    if found is None:
        pytest.skip(HOW_TO_GET_THEM)
    return found


@pytest.fixture(scope="session")
def cluster(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give a running cluster, the same for all tests of a worker: see `namespace`."""
    with Cluster(binaries, tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    """Give the name of a new namespace, so that tests do not see each other's objects.

    Bind policies and webhooks to it alone: a namespaceSelector on the label kubernetes.io/metadata.name.
    """
    name = f"test-{uuid.uuid4().hex[:8]}"
    created = cluster.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
    assert created.status == 201, created.body
    return name


@pytest.fixture(autouse=True)
def _leave_api_server_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start the API server again after a test that has stopped it and then failed."""
    shared: Cluster | None = request.getfixturevalue("cluster") if "cluster" in request.fixturenames else None
    yield
    if shared and not shared.is_running():
        shared.start()
