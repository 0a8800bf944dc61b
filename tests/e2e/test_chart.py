"""The chart, by Helm, at a real API server: nothing that servers write is lost, and nothing stays behind."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import helm_python
import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.processes import Server, eventually, free_port

CHART = Path(__file__).resolve().parent.parent.parent / "charts" / "polgate"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


class Release:
    """A release of the chart in a namespace of its own."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self.cluster = cluster
        self.namespace = namespace
        self.name = f"polgate-{namespace}"
        self.values: dict[str, Any] = {"image": {"repository": "registry.example/polgate"}}
        self._helm = helm_python.Config(kubeconfig_path=cluster.kubeconfig, namespace=namespace)

    def install(self) -> None:
        self._helm.install(CHART, self.name, self.values, namespace=self.namespace)

    def upgrade(self, **values: Any) -> None:
        self.values |= values
        self._helm.upgrade(CHART, self.name, self.values, namespace=self.namespace)

    def rollback(self) -> None:
        self._helm.rollback(self.name)

    def uninstall(self) -> None:
        self._helm.uninstall(self.name, ignore_not_found=True)

    def close(self) -> None:
        self.uninstall()
        self._helm.close()

    def configuration(self) -> Any:
        return self.cluster.request("GET", f"{CONFIGURATIONS}/{self.name}").json()

    def secret(self) -> Any:
        path = f"/api/v1/namespaces/{self.namespace}/secrets/{self.name}-certificates"
        return self.cluster.request("GET", path).json()

    def arguments(self) -> list[str]:
        """Give what the Deployment hands to the server."""
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{self.name}"
        spec = self.cluster.request("GET", path).json()["spec"]["template"]["spec"]
        arguments: list[str] = spec["containers"][0]["args"]
        return arguments

    def fill(self) -> None:
        """Write what servers write: whole objects, read before."""
        webhook = {
            "name": "ignore.polgate.io",
            "clientConfig": {"url": "https://127.0.0.1:1/validate/ignore"},
            "failurePolicy": "Ignore",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 1,
            "rules": [
                {"apiGroups": ["example.com"], "apiVersions": ["*"], "operations": ["*"], "resources": ["things"]}
            ],
        }
        configuration = self.configuration()
        configuration["metadata"].setdefault("annotations", {})["polgate.io/disabled"] = "for this test"
        self._replace(f"{CONFIGURATIONS}/{self.name}", {**configuration, "webhooks": [webhook]})
        secret = self.secret()
        path = f"/api/v1/namespaces/{self.namespace}/secrets/{self.name}-certificates"
        self._replace(path, {**secret, "data": {"tls.crt": "b25l", "ca.key": "dHdv"}})

    def is_filled(self) -> bool:
        configuration, secret = self.configuration(), self.secret()
        return (
            [webhook["name"] for webhook in configuration["webhooks"]] == ["ignore.polgate.io"]
            and configuration["metadata"]["annotations"]["polgate.io/disabled"] == "for this test"
            and secret["data"] == {"tls.crt": "b25l", "ca.key": "dHdv"}
        )

    def _replace(self, path: str, body: Any) -> None:
        answer = self.cluster.request("PUT", path, body)
        assert answer.status == 200, answer.body


@pytest.fixture
def release(cluster: Cluster, namespace: str) -> Iterator[Release]:
    new = Release(cluster, namespace)
    try:
        yield new
    finally:
        new.close()


def test_an_upgrade_and_a_rollback_leave_what_servers_wrote(release: Release) -> None:
    release.install()
    release.fill()
    release.upgrade(commonLabels={"team": "platform"}, webhook={"annotations": {"example.com/a": "b"}})
    assert release.configuration()["metadata"]["labels"]["team"] == "platform"
    assert release.is_filled()
    release.rollback()
    assert "team" not in release.configuration()["metadata"]["labels"]
    assert release.is_filled()


@pytest.mark.parametrize("options", [[], ["--server-side", "--force-conflicts"]], ids=["merged", "server-side"])
def test_what_is_rendered_and_applied_again_leaves_what_servers_wrote(
    release: Release, options: list[str]
) -> None:
    def apply(**values: Any) -> None:
        with helm_python.Chart.load(CHART) as chart:
            texts = chart.render({**release.values, **values}, name=release.name, namespace=release.namespace)
        wanted = [texts[f"polgate/templates/{name}.yaml"] for name in ("webhook", "secret")]
        release.cluster.kubectl("apply", *options, "-f", "-", stdin="\n---\n".join(wanted))

    try:
        apply()
        release.fill()
        apply(commonLabels={"team": "platform"})
        assert release.secret()["metadata"]["labels"]["team"] == "platform"
        assert release.is_filled()
    finally:
        release.cluster.kubectl("delete", "validatingwebhookconfiguration", release.name)


def test_uninstalling_takes_the_webhooks_away_before_the_servers_and_leaves_nothing(release: Release) -> None:
    release.install()
    release.fill()
    release.uninstall()
    deleted = [
        event["objectRef"]["resource"]
        for event in release.cluster.audit_events()
        if event["verb"] == "delete" and event["objectRef"].get("name") == release.name
    ]
    assert deleted.index("validatingwebhookconfigurations") < deleted.index("services")
    assert deleted.index("validatingwebhookconfigurations") < deleted.index("deployments")
    left = release.cluster.kubectl(
        "get",
        "all,secrets,configmaps,serviceaccounts,roles,rolebindings,clusterroles,clusterrolebindings,"
        "validatingwebhookconfigurations,poddisruptionbudgets,resourcequotas,networkpolicies",
        f"--selector=app.kubernetes.io/instance={release.name}",
        "--all-namespaces",
        "--output=name",
    )
    assert left.stdout == ""


def test_the_command_of_the_night_stops_all_and_leaves_a_mark(release: Release) -> None:
    page = (CHART.parent.parent / "docs" / "guide" / "break-glass.md").read_text()
    found = re.search(
        r"^kubectl (patch validatingwebhookconfiguration) polgate (--type=merge) -p \\\n  '(.*)'$", page, re.M
    )
    assert found is not None
    release.install()
    release.fill()
    release.cluster.kubectl(*found[1].split(), release.name, found[2], "-p", found[3])
    configuration = release.configuration()
    assert not configuration.get("webhooks")
    assert configuration["metadata"]["annotations"]["polgate.io/disabled"] == "by hand"


def test_the_roles_let_a_server_do_all_that_it_does(release: Release, tmp_path: Path) -> None:
    cluster, namespace = release.cluster, release.namespace
    port, admin_port = free_port(), free_port()
    release.values["server"] = {
        "host": "127.0.0.1",
        "port": port,
        "adminPort": admin_port,
        "shutdownGraceSeconds": 1,
    }
    release.install()
    judged = f"{namespace}-judged"
    cluster.kubectl("create", "namespace", judged)
    cluster.apply(*policy_with_params(release.name, namespace, judged))
    # As the chart says, but for the address: names of Services lead nowhere here.
    arguments = [
        one for one in release.arguments() if "--webhook-service" not in one and "--tls-dns-name" not in one
    ]
    arguments += [f"--webhook-url=https://127.0.0.1:{port}", "--tls-dns-name=127.0.0.1"]
    arguments += [f"--kubeconfig={kubeconfig(release, tmp_path)}"]
    server = Server([sys.executable, "-m", "policy_engine", "serve", *arguments], log=tmp_path / "server.log")
    try:
        server.start(lambda: True)
        eventually(
            lambda: [one["name"] for one in release.configuration().get("webhooks", [])] == ["ignore.polgate.io"]
        )
        assert {"ca.crt", "ca.key", "tls.crt", "tls.key"} <= release.secret()["data"].keys()
        cluster.kubectl("--namespace", judged, "create", "configmap", "new", "--dry-run=server")
        with urlopen(f"http://127.0.0.1:{admin_port}/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        # The authorizer and the param were asked for: the API server, which judges too, warns the same.
        assert re.search(
            r'polgate_admission_reviews_total\{[^}]*outcome="warned"[^}]*resource="configmaps"', metrics
        )
    finally:
        server.stop()
        kinds = "validatingadmissionpolicybinding,validatingadmissionpolicy"
        cluster.kubectl("delete", kinds, release.name)
    account = f"system:serviceaccount:{namespace}:{release.name}"
    calls = [event for event in cluster.audit_events() if event["user"]["username"] == account]
    assert {"get", "list", "watch", "update"} <= {call["verb"] for call in calls}
    assert [call["requestURI"] for call in calls if call["responseStatus"]["code"] in (401, 403)] == []


def policy_with_params(name: str, namespace: str, judged: str) -> list[dict[str, Any]]:
    """Give a policy with a ConfigMap as its params, which asks the authorizer and warns in another namespace."""
    documents = yaml.safe_load_all(f"""
apiVersion: v1
kind: ConfigMap
metadata: {{name: words, namespace: {namespace}}}
data: {{words: judged by polgate}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  failurePolicy: Ignore
  paramKind: {{apiVersion: v1, kind: ConfigMap}}
  matchConstraints:
    resourceRules: [{{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}}]
  validations:
  - expression: "!authorizer.group('').resource('configmaps').namespace('{judged}').check('create').allowed()"
    messageExpression: string(params.data.words)
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: {name}, labels: {{polgate.io/enforce: "true"}}}}
spec:
  policyName: {name}
  validationActions: [Warn]
  paramRef: {{name: words, namespace: {namespace}, parameterNotFoundAction: Deny}}
  matchResources:
    namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: {judged}}}}}
""")
    return list(documents)


def kubeconfig(release: Release, folder: Path) -> Path:
    """Write a kubeconfig with the token that the chart's ServiceAccount has."""
    content = json.loads(release.cluster.kubeconfig.read_text())
    token = release.cluster.service_account_token(release.name, namespace=release.namespace)
    content["users"] = [{"name": content["users"][0]["name"], "user": {"token": token}}]
    path = folder / "server.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(json.dumps(content))
    return path
