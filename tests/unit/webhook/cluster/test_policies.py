from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.unit.webhook.cluster.fake_api import FakeApi, eventually
from webhook.cluster.api import ClusterClient
from webhook.cluster.policies import ClusterPolicies, PolicyObjects

POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
ENFORCED = {"labels": {"polgate.io/enforce": "true"}}


class Listener:
    def __init__(self) -> None:
        self.seen: list[PolicyObjects] = []
        self.failures_left = 0

    def __call__(self, objects: PolicyObjects) -> None:
        if self.failures_left:
            self.failures_left -= 1
            raise ValueError("these do not load")
        self.seen.append(objects)

    def names(self) -> tuple[list[str], list[str]]:
        last = self.seen[-1]
        policies = [found["metadata"]["name"] for found in last.policies]
        return policies, [found["metadata"]["name"] for found in last.bindings]


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def policies(api: FakeApi, client: ClusterClient, listener: Listener) -> Iterator[ClusterPolicies]:
    api.serve(POLICIES, "ValidatingAdmissionPolicy")
    api.serve(BINDINGS, "ValidatingAdmissionPolicyBinding")
    made = ClusterPolicies(client, bindings_selector="polgate.io/enforce=true", on_policies=listener)
    yield made
    made.stop()
    for reflector in made.reflectors:
        reflector.stop()


def test_the_first_state_has_both_collections(api: FakeApi, policies: ClusterPolicies, listener: Listener) -> None:
    api.put(POLICIES, "b")
    api.put(POLICIES, "a")
    api.put(BINDINGS, "bound", metadata=ENFORCED)
    policies.start()
    eventually(lambda: policies.is_delivered)
    assert listener.names() == (["a", "b"], ["bound"])


def test_nothing_is_handed_on_before_both_are_listed(
    api: FakeApi, policies: ClusterPolicies, listener: Listener
) -> None:
    api.put(POLICIES, "a")
    bindings = api.collections.pop(BINDINGS)
    policies.start()
    eventually(lambda: policies.reflectors[0].is_synced and policies.reflectors[1].problem is not None)
    assert listener.seen == []
    api.collections[BINDINGS] = bindings
    eventually(lambda: policies.is_delivered, while_waiting=policies.reflectors[1].look_again)


def test_only_bindings_with_the_label_count(api: FakeApi, policies: ClusterPolicies, listener: Listener) -> None:
    api.put(BINDINGS, "other")
    api.put(BINDINGS, "bound", metadata=ENFORCED)
    policies.start()
    eventually(lambda: policies.is_delivered)
    assert listener.names() == ([], ["bound"])


def test_a_binding_that_loses_the_label_is_gone(
    api: FakeApi, policies: ClusterPolicies, listener: Listener
) -> None:
    api.put(BINDINGS, "bound", metadata=ENFORCED)
    policies.start()
    api.wait_until_watched(BINDINGS)
    api.put(BINDINGS, "bound")
    eventually(lambda: bool(listener.seen) and listener.names() == ([], []))


def test_many_changes_at_once_are_few_states(api: FakeApi, policies: ClusterPolicies, listener: Listener) -> None:
    policies.start()
    eventually(lambda: policies.is_delivered)
    api.wait_until_watched(POLICIES)
    with api.state:
        for number in range(50):
            api.put(POLICIES, f"a{number}")
    eventually(lambda: len(listener.names()[0]) == 50)
    assert len(listener.seen) < 10


def test_a_listener_that_fails_is_called_again(
    api: FakeApi, policies: ClusterPolicies, listener: Listener
) -> None:
    api.put(POLICIES, "a")
    listener.failures_left = 1
    policies.start()
    eventually(lambda: bool(listener.seen))
    assert listener.names() == (["a"], [])


def test_policies_say_their_kind_and_not_who_managed_them(
    api: FakeApi, policies: ClusterPolicies, listener: Listener
) -> None:
    api.put(POLICIES, "a", metadata={"managedFields": [{"manager": "kubectl"}]})
    policies.start()
    eventually(lambda: policies.is_delivered)
    (found,) = listener.seen[-1].policies
    assert found["kind"] == "ValidatingAdmissionPolicy"
    assert "managedFields" not in found["metadata"]
