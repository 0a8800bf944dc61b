"""One cluster and one webhook for all test modules that say `pytest_plugins = ["tests.e2e.webhook_fixtures"]`."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.e2e.binaries import Binaries
from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from tests.e2e.server import Enforce, Object, Webhook


@pytest.fixture(scope="session")
def cluster_without_policies(binaries: Binaries, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Give a cluster that serves ValidatingAdmissionPolicies and does not judge by them.

    So whatever is denied, warned or audited comes from the webhook.
    """
    options = ["--disable-admission-plugins=ServiceAccount,ValidatingAdmissionPolicy"]
    with Cluster(binaries, tmp_path_factory.mktemp("cluster"), options=options) as running:
        yield running


@pytest.fixture(scope="session")
def shared_webhook(
    cluster_without_policies: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Webhook]:
    """Give a server that judges by the cluster's policies, the same for all tests of a worker."""
    with Webhook(cluster_without_policies, tmp_path_factory.mktemp("webhook")) as running:
        yield running


@pytest.fixture
def enforce(cluster: Cluster) -> Iterator[Enforce]:
    """Give a function that applies objects without a namespace, which are taken away again after the test."""
    applied: dict[tuple[str, str], None] = {}

    def enforced(*objects: Object, until: Callable[[], object] | None = None) -> None:
        applied.update({(one["kind"], one["metadata"]["name"]): None for one in objects})
        cluster.apply(*objects)
        if until is not None:
            eventually(until)

    yield enforced
    for kind, name in reversed(applied):
        cluster.kubectl("delete", kind.lower(), name, "--wait=false", "--ignore-not-found")
