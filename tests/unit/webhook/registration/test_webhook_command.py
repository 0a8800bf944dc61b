"""`polgate webhook`, as somebody types it at night."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click.testing
import pytest

from policy_engine.admission.model import Rule
from policy_engine.cli.webhook import webhook
from policy_engine.errors import InputError, PolicyEngineError
from tests.unit.webhook.certificates.object_store import ObjectStore
from tests.unit.webhook.registration.http_store import serving
from webhook.certificates.bundles import to_pem
from webhook.certificates.issuing import Authority
from webhook.certificates.source import utc_now
from webhook.registration.configuration import ServiceAddress, Settings, desired_webhooks
from webhook.registration.disabling import DISABLED
from webhook.registration.keeper import configuration_path
from webhook.registration.rules import Asked
from webhook.registration.turns import REGISTERED

PATH = configuration_path("polgate")
CA = to_pem([Authority.make(now=utc_now(), lifetime=timedelta(days=30, hours=1)).certificate])
PODS = Rule(api_groups=("",), api_versions=("v1",), resources=("pods",), operations=("CREATE", "UPDATE"))
SETTINGS = Settings(name="polgate", address=ServiceAddress(namespace="polgate-system", name="polgate"))
MARK = "0123 since 2026-05-01T00:00:00+00:00 by polgate-7d4f-x/1"


@pytest.fixture
def store() -> ObjectStore:
    store = ObjectStore()
    registered = desired_webhooks(Asked(fail=(PODS,)), SETTINGS, CA)
    metadata = {"name": "polgate", "annotations": {REGISTERED: MARK}}
    store.put(PATH, {"kind": "ValidatingWebhookConfiguration", "metadata": metadata, "webhooks": registered})
    return store


@pytest.fixture
def kubeconfig(store: ObjectStore, tmp_path: Path) -> Iterator[Path]:
    with serving(store, tmp_path) as path:
        yield path


class Command:
    def __init__(self, kubeconfig: Path) -> None:
        self._kubeconfig = str(kubeconfig)

    def __call__(self, verb: str, *options: str, typed: str = "") -> str:
        """Run a command, and give what it prints; addresses of the test's server are shortened."""
        arguments = [verb, *options, "--kubeconfig", self._kubeconfig]
        result = click.testing.CliRunner().invoke(webhook, arguments, input=typed, standalone_mode=False)
        if result.exception is not None:
            raise result.exception
        shown = re.sub(r"http://127\.0\.0\.1:\d+", "CLUSTER", result.output)
        return shown.replace(self._kubeconfig, "FILE")


@pytest.fixture
def run(kubeconfig: Path) -> Command:
    return Command(kubeconfig)


def disable_by_hand(store: ObjectStore, text: str) -> None:
    store.patch(PATH, {"metadata": {"annotations": {DISABLED: text}}, "webhooks": []})


def test_status_tells_what_is_enforced_whom_api_servers_trust_and_who_wrote_it(run: Command) -> None:
    shown = run("status")
    assert re.sub(r"CA [0-9a-f]+, valid until [-0-9:Z ]+", "CA X, valid until T ", shown) == (
        "cluster: CLUSTER\n"
        "polgate: registered\n"
        "  fail.polgate.io: asks service polgate-system/polgate:443/validate/fail, waits 5 s; "
        "refused while no server answers\n"
        "    CREATE UPDATE of pods (core)\n"
        "    not in kube-node-lease, kube-system, polgate-system\n"
        "    not-by-the-api-server-itself\n"
        "caBundle: CN=polgate webhook CA X, valid until T (in 30 days)\n"
        "written by polgate-7d4f-x/1, whose policies are those of 2026-05-01 00:00:00Z\n"
    )


def test_status_tells_who_switched_it_off_and_when(run: Command, store: ObjectStore) -> None:
    disable_by_hand(store, "2026-05-01T03:12:00Z by jane: nothing starts")
    assert "polgate: switched off since 2026-05-01T03:12:00Z by jane: nothing starts" in run("status")


def test_status_tells_that_nothing_is_enforced(run: Command, store: ObjectStore) -> None:
    store.patch(PATH, {"webhooks": None})
    assert "polgate: nothing is registered, so nothing is enforced" in run("status")


@pytest.mark.parametrize("bundle", ["eA==", "?"])
def test_status_tells_a_bundle_by_which_no_call_succeeds(run: Command, store: ObjectStore, bundle: str) -> None:
    live = store.get(PATH)
    live["webhooks"][0]["clientConfig"]["caBundle"] = bundle
    store.put(PATH, live)
    assert "caBundle: " in run("status")


def test_disable_takes_the_webhooks_away_and_says_so_for_servers_and_people(
    run: Command, store: ObjectStore
) -> None:
    shown = run("disable", "--reason", "nothing starts", "--yes")
    live = store.objects[PATH]
    assert live["webhooks"] == []
    assert live["metadata"]["annotations"][DISABLED].endswith("Z by jane@example.com: nothing starts")
    assert store.writes == [("patch", PATH)]
    assert re.sub(r"\d{4}-\S+Z", "TIME", shown) == (
        "enforced by `polgate` in CLUSTER:\n"
        "  CREATE UPDATE of pods (core)\n"
        "switched off since TIME by jane@example.com: nothing starts: none of that is enforced any more\n"
        "to get back: polgate webhook enable --kubeconfig FILE\n"
    )


def test_disable_asks_back(run: Command, store: ObjectStore) -> None:
    with pytest.raises(click.Abort):
        run("disable", typed="n\n")
    assert store.writes == []
    run("disable", typed="y\n")
    assert store.objects[PATH]["webhooks"] == []


def test_disable_leaves_the_first_reason_where_it_is_off_already(run: Command, store: ObjectStore) -> None:
    disable_by_hand(store, "2026-05-01T03:12:00Z by jack: first")
    shown = run("disable", "--reason", "second", "--yes")
    assert "switched off already since 2026-05-01T03:12:00Z by jack: first" in shown
    assert store.objects[PATH]["metadata"]["annotations"][DISABLED].endswith("first")


def test_disable_empties_what_no_living_server_has_emptied(run: Command, store: ObjectStore) -> None:
    store.patch(PATH, {"metadata": {"annotations": {DISABLED: "by hand"}}})
    run("disable", "--yes")
    assert store.objects[PATH]["webhooks"] == []


def test_enable_takes_the_annotation_away_and_tells_what_servers_register(
    run: Command, store: ObjectStore
) -> None:
    webhooks = store.get(PATH)["webhooks"]
    disable_by_hand(store, "2026-05-01T03:12:00Z by jane: nothing starts")

    def server_registers(verb: str, path: str) -> None:
        store.before_write = lambda verb, path: None
        store.patch(PATH, {"metadata": {"annotations": {DISABLED: None}}, "webhooks": webhooks})

    store.before_write = server_registers
    assert run("enable") == (
        "`polgate` in CLUSTER is on again; it was off since 2026-05-01T03:12:00Z by jane: nothing starts\n"
        "enforced again: fail.polgate.io\n"
    )
    assert DISABLED not in store.objects[PATH]["metadata"]["annotations"]


def test_enable_says_that_nothing_is_enforced_while_no_server_is_alive(run: Command, store: ObjectStore) -> None:
    disable_by_hand(store, "")
    shown = run("enable", "--wait", "0")
    assert "no server has registered within 0 s: nothing is enforced until one does" in shown


def test_enable_where_nothing_was_switched_off_changes_nothing(run: Command, store: ObjectStore) -> None:
    assert "`polgate` in CLUSTER was not switched off" in run("enable")
    assert store.writes == []


@pytest.mark.parametrize("command", [["status"], ["disable", "--yes"], ["enable"]])
def test_an_absent_configuration_is_told_with_ways_to_find_it(run: Command, command: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        run(*command, "--name", "other")
    assert caught.value.message.startswith("there is no ValidatingWebhookConfiguration `other` in this cluster")
    assert "helm upgrade --install polgate" in caught.value.help


@pytest.mark.parametrize(
    ("verb", "command"), [("get", ["status"]), ("patch", ["disable", "--yes"]), ("patch", ["enable"])]
)
def test_a_lack_of_rights_is_told_with_the_verb_and_the_resource(
    run: Command, store: ObjectStore, verb: str, command: list[str]
) -> None:
    if command == ["enable"]:
        disable_by_hand(store, "")
    store.forbidden = frozenset({verb})
    with pytest.raises(InputError) as caught:
        run(*command)
    assert caught.value.message.startswith(f"you may not {verb} `polgate`: ")
    assert (
        f"the verb `{verb}` on validatingwebhookconfigurations.admissionregistration.k8s.io" in caught.value.help
    )


def test_a_cluster_that_does_not_answer_is_told(store: ObjectStore, tmp_path: Path) -> None:
    with serving(store, tmp_path) as kubeconfig:
        run = Command(kubeconfig)
    with pytest.raises(PolicyEngineError, match="got no answer: connection refused"):
        run("status")


def test_no_cluster_at_all_is_told_with_a_way_to_one(tmp_path: Path) -> None:
    with pytest.raises(PolicyEngineError) as caught:
        Command(tmp_path / "missing")("status")
    assert "no cluster to talk to" in caught.value.message
    assert "--kubeconfig" in caught.value.help
