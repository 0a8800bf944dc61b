"""The server as the chart runs it: own certificates in a Secret, its registration kept, no right too many."""

from __future__ import annotations

import base64
import http.client
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.cluster import Answer, Cluster
from tests.e2e.processes import Server, eventually, free_port
from webhook.certificates.bundles import describe

ROOT = Path(__file__).resolve().parents[2]
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
USER = "polgate-server"

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-red}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}]
  validations:
  - {expression: "object.metadata.name != 'red'", message: red is out}
"""


class Webhook:
    """A server outside of the cluster, registered by its URL, and what it keeps in the cluster.

    name: of the webhook configuration, of the namespace of its Secret, and of all that it may touch.
    """

    def __init__(self, cluster: Cluster, namespace: str, folder: Path, *options: str) -> None:
        self.cluster, self.name = cluster, namespace
        self.path = f"{CONFIGURATIONS}/{namespace}"
        (folder / "policies").mkdir()
        (folder / "policies" / "policy.yaml").write_text(POLICY)
        self.folder = folder
        port, self._admin = free_port(), free_port()
        arguments = {
            "--policies": folder / "policies",
            "--kubeconfig": self._kubeconfig(),
            "--port": port,
            "--admin-port": self._admin,
            "--tls-secret": f"{namespace}/polgate-tls",
            "--tls-dns-name": "127.0.0.1",
            "--webhook-config": namespace,
            "--webhook-url": f"https://127.0.0.1:{port}",
            "--shutdown-grace": "1ms",
        }
        command = [sys.executable, "-m", "policy_engine", "serve"]
        command += [str(part) for pair in arguments.items() for part in pair]
        self.server = Server([*command, *options], log=folder / "polgate.log")

    def start(self) -> None:
        self.server.start(self.is_ready, timeout_s=60)

    def is_ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self._admin}/readyz", timeout=5) as answer:
                return bool(answer.status == http.client.OK)
        except OSError:
            return False

    @property
    def configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cluster.request("GET", self.path).json()
        return found

    @property
    def webhooks(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.configuration.get("webhooks", [])
        return found

    def bundle(self) -> bytes:
        [webhook] = self.webhooks
        return base64.b64decode(webhook["clientConfig"]["caBundle"])

    def create_red(self) -> Answer:
        path = f"/api/v1/namespaces/{self.name}-shop/configmaps?dryRun=All"
        return self.cluster.request("POST", path, {"metadata": {"name": "red"}})

    def is_enforced(self) -> bool:
        answer = self.create_red()
        if answer.status == 201:
            return False
        message = answer.json()["message"]
        assert message.startswith('admission webhook "fail.polgate.io" denied the request: '), message
        assert "red is out" in message
        return True

    def command(self, verb: str, *options: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "policy_engine", "webhook", verb, "--name", self.name, *options],
            env={"PATH": os.environ["PATH"], "KUBECONFIG": str(self.cluster.kubeconfig)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def _kubeconfig(self) -> Path:
        """Give the server's own access: to one Secret and one configuration, without leave to create or list."""
        name = self.name
        group = "rbac.authorization.k8s.io"
        subject = {"kind": "User", "name": f"{USER}-{name}", "apiGroup": group}
        secret = {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["polgate-tls"]}
        configuration = {
            "apiGroups": ["admissionregistration.k8s.io"],
            "resources": ["validatingwebhookconfigurations"],
            "resourceNames": [name],
        }
        verbs = {"verbs": ["get", "update"]}
        self.cluster.apply(
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": f"{name}-shop"}},
            {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "polgate-tls", "namespace": name}},
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": name},
            },
            {
                "apiVersion": f"{group}/v1",
                "kind": "Role",
                "metadata": {"name": "polgate", "namespace": name},
                "rules": [secret | verbs],
            },
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "polgate", "namespace": name},
                "roleRef": {"apiGroup": group, "kind": "Role", "name": "polgate"},
                "subjects": [subject],
            },
            {
                "apiVersion": f"{group}/v1",
                "kind": "ClusterRole",
                "metadata": {"name": name},
                "rules": [configuration | verbs],
            },
            {
                "apiVersion": f"{group}/v1",
                "kind": "ClusterRoleBinding",
                "metadata": {"name": name},
                "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": name},
                "subjects": [subject],
            },
        )
        return self.cluster.kubeconfig_for(subject["name"])


@pytest.fixture
def options() -> tuple[str, ...]:
    return ()


@pytest.fixture
def webhook(cluster: Cluster, namespace: str, tmp_path: Path, options: tuple[str, ...]) -> Iterator[Webhook]:
    running = Webhook(cluster, namespace, tmp_path, *options)
    try:
        running.start()
        eventually(running.is_enforced)
        yield running
    finally:
        running.server.stop()
        cluster.request("DELETE", running.path)


def test_a_real_api_server_trusts_certificates_that_the_server_made(webhook: Webhook) -> None:
    assert webhook.is_enforced()
    [entry] = webhook.webhooks
    assert entry["failurePolicy"] == "Fail"
    [condition] = entry["matchConditions"]
    assert condition["name"] == "not-by-the-api-server-itself"


def test_what_the_api_server_fills_in_is_no_reason_to_write_again(webhook: Webhook) -> None:
    eventually(lambda: "registered as it has to be" in webhook.server.log.read_text())
    version = webhook.configuration["metadata"]["resourceVersion"]
    time.sleep(6)  # one more look
    assert webhook.configuration["metadata"]["resourceVersion"] == version


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("/webhooks/0/clientConfig/caBundle", ""),
        ("/webhooks/0/rules/0/resources/0", "secrets"),
        ("/webhooks/0/namespaceSelector", {"matchLabels": {"no": "where"}}),
        ("/webhooks", []),
    ],
)
def test_what_somebody_changed_by_hand_is_mended(webhook: Webhook, pointer: str, value: object) -> None:
    before = webhook.webhooks
    change = [{"op": "replace", "path": pointer, "value": value}]
    assert webhook.cluster.request("PATCH", webhook.path, change).status == 200
    eventually(lambda: webhook.webhooks == before)
    eventually(webhook.is_enforced)


def test_the_command_switches_off_for_good_and_on_again(webhook: Webhook) -> None:
    assert "switched off since" in webhook.command("disable", "--yes", "--reason", "INC-42")
    eventually(lambda: not webhook.is_enforced())
    assert "by admin: INC-42" in webhook.command("status")
    time.sleep(6)  # one more look of the server
    assert webhook.webhooks == []
    assert "enforced again: fail.polgate.io" in webhook.command("enable")
    eventually(webhook.is_enforced)
    assert ": registered" in webhook.command("status")


def test_the_command_ends_a_lock_that_a_dead_server_left(webhook: Webhook) -> None:
    webhook.server.kill()
    answer = webhook.create_red().json()
    assert answer["message"].startswith('Internal error occurred: failed calling webhook "fail.polgate.io"')
    webhook.command("disable", "--yes")
    eventually(lambda: webhook.create_red().status == 201)
    assert "nothing is enforced until one does" in webhook.command("enable", "--wait", "0.1")
    webhook.start()
    eventually(webhook.is_enforced)


def test_policies_that_change_are_asked_for_within_seconds(webhook: Webhook) -> None:
    file = webhook.folder / "policies" / "policy.yaml"
    file.write_text(POLICY.replace("[configmaps]", "[configmaps, secrets]"))
    eventually(lambda: webhook.webhooks[0]["rules"][0]["resources"] == ["configmaps", "secrets"], timeout_s=10)
    file.write_text(POLICY.replace("[configmaps]", '["*/*"]').replace('[""]', '["*"]'))
    eventually(lambda: len(webhook.webhooks[0]["matchConditions"]) == 3, timeout_s=10)
    assert webhook.cluster.kubectl("auth", "whoami").returncode == 0


def test_a_secret_that_somebody_damaged_is_made_anew_and_no_call_fails(webhook: Webhook) -> None:
    before = webhook.bundle()
    damage = [{"op": "replace", "path": "/data/ca.key", "value": "Z2FyYmFnZQ=="}]
    secret = f"/api/v1/namespaces/{webhook.name}/secrets/polgate-tls"
    assert webhook.cluster.request("PATCH", secret, damage).status == 200

    def is_new() -> bool:
        assert webhook.is_enforced()
        return describe(before)[0] not in describe(webhook.bundle())[:1]

    eventually(is_new)
    assert describe(before)[0] in describe(webhook.bundle())
    for _ in range(80):  # until after the new certificate is shown
        assert webhook.is_enforced()
        time.sleep(0.1)


@pytest.mark.parametrize("options", [("--certificate-lifetime", "6s", "--ca-lifetime", "18s", "--workers", "2")])
def test_certificates_that_live_for_seconds_fail_no_call(webhook: Webhook) -> None:
    """Two authorities are replaced in that time, and a certificate every four seconds, by two processes."""
    seen: set[str] = set()
    end = time.monotonic() + 32
    while time.monotonic() < end:
        assert webhook.is_enforced()
        seen.update(facts.fingerprint for facts in describe(webhook.bundle()))
        time.sleep(0.02)
    assert len(seen) >= 3
