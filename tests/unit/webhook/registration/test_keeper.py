from __future__ import annotations

import base64
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from policy_engine.admission.model import Binding, MatchResources, Policy, Rule
from policy_engine.admission.policy_set import PolicySet
from tests.unit.webhook.certificates.object_store import ObjectStore
from webhook.cluster.kube_error import KubeError
from webhook.registration.configuration import ServiceAddress, Settings
from webhook.registration.disabling import DISABLED, disabling_patch, enabling_patch
from webhook.registration.keeper import Keeper, configuration_path
from webhook.registration.turns import REGISTERED

PATH = configuration_path("polgate")
ADDRESS = ServiceAddress(namespace="polgate-system", name="polgate")


def certificate(letter: str) -> bytes:
    return f"-----BEGIN CERTIFICATE-----\n{letter * 4}\n-----END CERTIFICATE-----\n".encode()


OLD, NEW = certificate("A"), certificate("B")


def policies(*resources: str, ignores_errors: bool = False) -> PolicySet:
    rules = (Rule(api_groups=("",), api_versions=("v1",), resources=resources, operations=("CREATE",)),)
    policy = Policy(
        name="p", match_constraints=MatchResources(resource_rules=rules), ignores_errors=ignores_errors
    )
    bound = [Binding(name="b", policy_name="p", actions=("Deny",))] if resources else []
    return PolicySet.compile([policy] if resources else [], bound)


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Replica:
    """A keeper with what surrounds it: the network answers, or says why not."""

    def __init__(self, store: ObjectStore, clock: Clock, name: str = "one", **options: Any) -> None:
        self.store, self.clock = store, clock
        self.ready = True
        self.bundle: bytes | None = OLD
        self.problem: str | None = None
        self.trusted_without: bool = False
        self.asked: list[tuple[str, bytes | None]] = []
        self.keeper = Keeper(
            store,
            Settings(name="polgate", address=ADDRESS, keeps_ca_bundle=options.pop("keeps_ca_bundle", True)),
            instance=name,
            bundle=lambda: self.bundle,
            is_ready=lambda: self.ready,
            probe=self._probe,
            clock=clock,
            **options,
        )

    def _probe(self, url: str, ca_bundle: bytes | None) -> str | None:
        self.asked.append((url, ca_bundle))
        if ca_bundle is None and not self.trusted_without:
            return f"{url} shows a certificate that cannot be trusted"
        return self.problem

    def settle(self, seconds: float = 1.0) -> None:
        """Let it look for a while; every look takes a tenth of a second."""
        end = self.clock.now + timedelta(seconds=seconds)
        while self.clock.now < end:
            self.keeper.step()
            self.clock.now += timedelta(seconds=0.1)


@pytest.fixture
def store() -> ObjectStore:
    store = ObjectStore()
    store.put("/version", {"metadata": {}, "major": "1", "minor": "36"})
    store.put(PATH, {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "polgate"}})
    return store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def replica(store: ObjectStore, clock: Clock) -> Replica:
    replica = Replica(store, clock)
    replica.keeper.use(policies("pods"))
    return replica


def resources(store: ObjectStore) -> list[list[str]]:
    return [rule["resources"] for webhook in store.objects[PATH].get("webhooks", []) for rule in webhook["rules"]]


def bundles(store: ObjectStore) -> list[bytes]:
    found = [webhook["clientConfig"].get("caBundle") for webhook in store.objects[PATH].get("webhooks", [])]
    return [base64.b64decode(bundle or "") for bundle in found]


def edit(store: ObjectStore, **fields: Any) -> None:
    live = store.objects[PATH]
    store.put(PATH, {**live, "webhooks": [{**webhook, **fields} for webhook in live["webhooks"]]})


def test_registers_what_bound_policies_are_about(replica: Replica, store: ObjectStore) -> None:
    replica.settle()
    assert resources(store) == [["pods"]]
    assert replica.keeper.status.registered
    assert replica.keeper.status.waiting_for == ""


def test_writes_once_and_then_leaves_it(replica: Replica, store: ObjectStore) -> None:
    replica.settle(60)
    assert len(store.writes) == 1


def test_registers_nothing_before_the_server_is_ready(replica: Replica, store: ObjectStore) -> None:
    replica.ready = False
    replica.settle()
    assert store.writes == []
    assert replica.keeper.status.waiting_for == "this server to be ready"


def test_registers_nothing_before_the_policies_are_known(store: ObjectStore, clock: Clock) -> None:
    replica = Replica(store, clock)
    replica.settle()
    assert store.writes == []


def test_registers_nothing_before_there_is_a_certificate(replica: Replica, store: ObjectStore) -> None:
    replica.bundle = None
    replica.settle()
    assert store.writes == []
    assert replica.keeper.status.waiting_for == "the first certificate"


def test_registers_nothing_while_the_server_does_not_answer_where_api_servers_ask(
    replica: Replica, store: ObjectStore
) -> None:
    replica.problem = "https://polgate.polgate-system.svc:443 does not answer: timed out"
    replica.settle()
    assert store.writes == []
    assert replica.keeper.status.waiting_for == replica.problem
    assert set(replica.asked) == {("https://polgate.polgate-system.svc:443", OLD)}
    replica.problem = None
    replica.settle()
    assert resources(store) == [["pods"]]


def test_rules_follow_the_policies(replica: Replica, store: ObjectStore) -> None:
    replica.settle()
    replica.keeper.use(policies("pods", "secrets"))
    replica.settle()
    assert resources(store) == [["pods", "secrets"]]
    replica.keeper.use(policies())
    replica.settle()
    assert resources(store) == []
    assert replica.keeper.status.waiting_for == "a policy with a binding"


def test_policies_that_change_in_quick_succession_are_written_once(
    replica: Replica, store: ObjectStore, clock: Clock
) -> None:
    for count in range(1, 10):
        replica.keeper.use(policies(*(f"r{n}" for n in range(count))))
        replica.keeper.step()
        clock.now += timedelta(seconds=0.1)
    replica.settle()
    assert len(store.writes) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"failurePolicy": "Ignore"},
        {"rules": []},
        {"namespaceSelector": {}},
        {"timeoutSeconds": 30},
        {"clientConfig": {"url": "https://elsewhere"}},
        {"matchConditions": [{"name": "never", "expression": "false"}]},
    ],
)
def test_an_edit_by_hand_is_mended_at_the_next_look(
    replica: Replica, store: ObjectStore, fields: dict[str, Any]
) -> None:
    replica.settle()
    before = store.objects[PATH]["webhooks"]
    edit(store, **fields)
    replica.keeper.step()
    assert store.objects[PATH]["webhooks"] == before


def test_webhooks_that_somebody_removed_come_back(replica: Replica, store: ObjectStore) -> None:
    replica.settle()
    store.put(PATH, {"kind": "ValidatingWebhookConfiguration", "metadata": {"name": "polgate"}})
    replica.settle()
    assert resources(store) == [["pods"]]


def test_labels_and_annotations_of_others_stay(replica: Replica, store: ObjectStore) -> None:
    metadata = {"name": "polgate", "labels": {"a": "b"}, "annotations": {"c": "d"}}
    store.put(PATH, {"kind": "ValidatingWebhookConfiguration", "metadata": metadata})
    replica.settle()
    written = store.objects[PATH]["metadata"]
    assert (written["labels"], written["annotations"]["c"]) == ({"a": "b"}, "d")


def test_a_bundle_is_written_as_soon_as_it_changes(replica: Replica, store: ObjectStore) -> None:
    replica.settle()
    assert not replica.keeper.is_known(NEW)
    replica.bundle = OLD + NEW
    replica.settle()
    assert bundles(store) == [OLD + NEW]
    assert replica.keeper.is_known(OLD)
    assert replica.keeper.is_known(NEW)


def test_nobody_is_known_before_the_first_look(replica: Replica) -> None:
    assert not replica.keeper.is_known(OLD)


def test_two_replicas_with_the_same_policies_write_once(store: ObjectStore, clock: Clock) -> None:
    replicas = [Replica(store, clock, name) for name in ("one", "other")]
    for replica in replicas:
        replica.keeper.use(policies("pods"))
    for _ in range(20):
        for replica in replicas:
            replica.settle(0.2)
    assert len(store.writes) == 1


def test_a_replica_that_lost_the_race_looks_again(replica: Replica, store: ObjectStore, clock: Clock) -> None:
    other = Replica(store, clock, "other")
    other.keeper.use(policies("pods"))
    other.settle(0.3)

    def overtaken(verb: str, path: str) -> None:
        store.before_write = lambda verb, path: None
        other.settle(0.5)

    store.before_write = overtaken
    replica.settle()
    assert [name for name in store.writes if name[1] == PATH] == [("update", PATH)]
    assert replica.keeper.status.registered


def test_a_replica_with_older_policies_leaves_the_newer_registration_alone(
    replica: Replica, store: ObjectStore, clock: Clock
) -> None:
    replica.settle()
    newer = Replica(store, clock, "newer")
    newer.keeper.use(policies("pods", "secrets"))
    newer.settle()
    replica.settle(50)
    assert resources(store) == [["pods", "secrets"]]
    assert "another replica to agree" in replica.keeper.status.waiting_for


def test_a_registration_whose_writer_is_gone_is_taken_over_after_a_minute(
    replica: Replica, store: ObjectStore, clock: Clock
) -> None:
    replica.settle()
    gone = Replica(store, clock, "gone")
    gone.keeper.use(policies("pods", "secrets"))
    gone.settle()
    replica.settle(70)
    assert resources(store) == [["pods"]]


def test_replicas_that_never_agree_write_less_and_less_and_the_newer_one_stands(
    replica: Replica, store: ObjectStore, clock: Clock
) -> None:
    newer = Replica(store, clock, "newer")
    replica.settle()
    newer.keeper.use(policies("secrets"))
    newer.settle()
    store.writes.clear()
    standing = 0
    for _ in range(3600):
        replica.keeper.step()
        newer.keeper.step()
        standing += resources(store) == [["secrets"]]
        clock.now += timedelta(seconds=1)
    assert len(store.writes) <= 12
    assert standing == 3600


def test_the_annotation_switches_off_and_its_end_switches_on(
    replica: Replica, store: ObjectStore, clock: Clock
) -> None:
    replica.settle()
    store.patch(PATH, disabling_patch(now=clock.now, who="jane", reason="nothing starts"))
    replica.settle(60)
    assert store.objects[PATH]["webhooks"] == []
    assert not replica.keeper.status.registered
    assert replica.keeper.status.waiting_for == (
        "`polgate webhook enable`: switched off since 2026-05-01T00:00:01Z by jane: nothing starts"
    )
    store.patch(PATH, enabling_patch())
    replica.settle()
    assert resources(store) == [["pods"]]


def test_an_annotation_made_by_hand_empties_the_webhooks_even_before_the_server_is_ready(
    replica: Replica, store: ObjectStore
) -> None:
    replica.settle()
    replica.ready = False
    live = store.objects[PATH]
    store.put(PATH, {**live, "metadata": {**live["metadata"], "annotations": {DISABLED: ""}}})
    replica.settle()
    assert store.objects[PATH]["webhooks"] == []
    assert REGISTERED not in store.objects[PATH]["metadata"]["annotations"]


def test_switching_off_wins_against_a_registration_under_way(
    replica: Replica, store: ObjectStore, clock: Clock
) -> None:
    def disabled_meanwhile(verb: str, path: str) -> None:
        store.before_write = lambda verb, path: None
        store.patch(PATH, disabling_patch(now=clock.now, who="jane", reason=""))

    store.before_write = disabled_meanwhile
    replica.settle()
    assert store.objects[PATH].get("webhooks") == []


def test_an_absent_configuration_is_left_to_the_chart(
    replica: Replica, store: ObjectStore, caplog: pytest.LogCaptureFixture
) -> None:
    store.drop(PATH)
    replica.settle()
    assert store.writes == []
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.ERROR] == [
        "polgate: waiting for ValidatingWebhookConfiguration `polgate`, which the chart brings"
    ]


def test_an_absent_configuration_is_created_where_that_is_asked_for(store: ObjectStore, clock: Clock) -> None:
    store.drop(PATH)
    replica = Replica(store, clock, create=True)
    replica.keeper.use(policies("pods"))
    replica.settle()
    assert resources(store) == [["pods"]]


def test_an_api_server_without_match_conditions_gets_no_registration(replica: Replica, store: ObjectStore) -> None:
    store.put("/version", {"metadata": {}, "major": "1", "minor": "27+"})
    with pytest.raises(KubeError, match="has no matchConditions"):
        replica.settle()
    assert store.writes == []


def test_an_api_server_that_fails_is_told_as_what_is_waited_for(replica: Replica, store: ObjectStore) -> None:
    def refuse(verb: str, path: str) -> None:
        raise KubeError("`PUT` was answered 422: webhooks[0].rules is invalid", status=422)

    store.before_write = refuse
    with pytest.raises(KubeError):
        replica.settle()
    assert "webhooks[0].rules is invalid" in replica.keeper.status.waiting_for


def test_where_others_keep_the_bundle_nothing_is_asked_for_before_it_is_there(
    store: ObjectStore, clock: Clock
) -> None:
    replica = Replica(store, clock, keeps_ca_bundle=False)
    replica.keeper.use(policies("pods"))
    replica.settle()
    assert [webhook["rules"] for webhook in store.objects[PATH]["webhooks"]] == [[]]
    assert len(store.writes) == 1
    assert "somebody to write `caBundle`" in replica.keeper.status.waiting_for
    client = store.objects[PATH]["webhooks"][0]["clientConfig"]
    edit(store, clientConfig={**client, "caBundle": base64.b64encode(OLD).decode()})
    replica.settle()
    assert (resources(store), bundles(store)) == ([["pods"]], [OLD])
    assert replica.asked[-1][1] == OLD
    replica.keeper.use(policies("pods", "secrets"))
    replica.settle()
    assert (resources(store), bundles(store)) == ([["pods", "secrets"]], [OLD])


def test_a_certificate_that_every_api_server_trusts_needs_no_bundle(store: ObjectStore, clock: Clock) -> None:
    replica = Replica(store, clock, keeps_ca_bundle=False)
    replica.trusted_without = True
    replica.keeper.use(policies("pods"))
    replica.settle()
    assert (resources(store), bundles(store)) == ([["pods"]], [b""])


def test_keeps_the_configuration_by_itself_until_it_is_stopped(store: ObjectStore) -> None:
    from threading import Event

    done = Event()
    keeper = Keeper(
        store,
        Settings(name="polgate", address=ADDRESS),
        instance="one",
        bundle=lambda: OLD,
        is_ready=lambda: True,
        probe=lambda url, bundle: None,
    )
    store.before_write = lambda verb, path: done.set()
    keeper.start()
    keeper.use(policies("pods"))
    assert done.wait(10)
    keeper.stop()
