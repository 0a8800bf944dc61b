"""One cluster and one webhook for all test modules that say `pytest_plugins = ["tests.e2e.webhook_fixtures"]`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from tests.e2e.binaries import Binaries
from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually
from tests.e2e.server import CONFIGURATIONS, Enforce, Object, Webhook

_PATIENCE_S = 5.0  # with a registration; some tests apply policies that nobody can register
_NEWS_S = 0.2  # until the API server goes by a registration that it has stored


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
        _wait_until_asked(cluster, objects)
        if until is not None:
            eventually(until)

    yield enforced
    for kind, name in reversed(applied):
        cluster.kubectl("delete", kind.lower(), name, "--wait=false", "--ignore-not-found")


def _wait_until_asked(cluster: Cluster, objects: Sequence[Object]) -> None:
    """Wait until the API server asks about all that policies are about.

    What a test looks at first may be asked for already, because of another policy, while the rest is not yet.
    """
    until = time.monotonic() + _PATIENCE_S
    while not _is_asked(cluster, objects) and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(_NEWS_S)


def _is_asked(cluster: Cluster, objects: Sequence[Object]) -> bool:
    bound = {one["spec"]["policyName"] for one in objects if one["kind"].endswith("Binding") and _is_ours(one)}
    policies = [one for one in objects if one["metadata"]["name"] in bound and one["kind"].endswith("Policy")]
    wanted = [rule for one in policies for rule in one["spec"]["matchConstraints"]["resourceRules"]]
    registered = cluster.request("GET", CONFIGURATIONS).json()["items"]
    asked = [rule for one in registered for webhook in one.get("webhooks") or [] for rule in webhook["rules"]]
    return not registered or all(
        any(_covers(rule, one, resource) for rule in asked) for one in wanted for resource in one["resources"]
    )


def _is_ours(binding: Object) -> bool:
    return bool(binding["metadata"].get("labels"))


def _covers(rule: Object, wanted: Object, resource: str) -> bool:
    fields = ("apiGroups", "apiVersions", "operations")
    named = {resource, "*/*", *(() if "/" in resource else ("*",))}
    return bool(named & set(rule["resources"])) and all(
        "*" in rule[field] or set(wanted[field]) <= set(rule[field]) for field in fields
    )
