"""The cluster that the other end-to-end tests rely on is a real one."""

from __future__ import annotations

import base64
import json
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.binaries import Binaries
from tests.e2e.certificates import KeyPair
from tests.e2e.cluster import Cluster
from tests.e2e.processes import eventually

REGISTRATION = "admissionregistration.k8s.io/v1"
CONFIG_MAPS: dict[str, object] = {
    "apiGroups": [""],
    "apiVersions": ["v1"],
    "operations": ["CREATE"],
    "resources": ["configmaps"],
}


def config_map(name: str, **data: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def bind(cluster: Cluster, namespace: str, spec: dict[str, object], *actions: str) -> None:
    """Apply a policy about ConfigMaps, named as the namespace that it is bound to."""
    cluster.apply(
        {
            "apiVersion": REGISTRATION,
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": namespace},
            "spec": {"matchConstraints": {"resourceRules": [CONFIG_MAPS]}, **spec},
        },
        {
            "apiVersion": REGISTRATION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": namespace},
            "spec": {
                "policyName": namespace,
                "validationActions": actions,
                "matchResources": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
                },
            },
        },
    )


def test_says_its_version(cluster: Cluster) -> None:
    version = cluster.request("GET", "/version").json()

    assert re.fullmatch(r"v1\.\d+\.\d+", version["gitVersion"])
    assert f"Server Version: {version['gitVersion']}\n" in cluster.kubectl("version").stdout


def test_keeps_objects_through_a_restart_and_a_crash(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "configmap", "kept", "--from-literal=colour=green", "--namespace", namespace)

    cluster.restart()
    cluster.kill()
    cluster.start()

    kept = cluster.request("GET", f"/api/v1/namespaces/{namespace}/configmaps/kept").json()
    assert kept["data"] == {"colour": "green"}


def test_cannot_be_reached_while_it_is_stopped(cluster: Cluster) -> None:
    cluster.stop()

    assert not cluster.is_running()
    with pytest.raises(ConnectionRefusedError):
        cluster.request("GET", "/readyz")


def test_says_why_it_does_not_start(binaries: Binaries, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="unknown flag: --no-such-flag"):
        Cluster(binaries, tmp_path, options=["--no-such-flag"]).__enter__()


def test_denies_by_a_native_policy(cluster: Cluster, namespace: str) -> None:
    bind(cluster, namespace, {"validations": [{"expression": "object.data.colour == 'green'"}]}, "Deny")

    def denial() -> Any:
        path = f"/api/v1/namespaces/{namespace}/configmaps?dryRun=All"
        answer = cluster.request("POST", path, config_map("red", colour="red"))
        return answer.json() if answer.status == 422 else None

    assert (
        f"ValidatingAdmissionPolicy '{namespace}' with binding '{namespace}' denied"
        in eventually(denial)["message"]
    )
    green = cluster.request(
        "POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map("green", colour="green")
    )
    assert green.status == 201


def test_audits_what_policies_say(cluster: Cluster, namespace: str) -> None:
    spec: dict[str, object] = {
        "validations": [{"expression": "false", "message": "never"}],
        "auditAnnotations": [{"key": "colour", "valueExpression": "string(object.data.colour)"}],
    }
    bind(cluster, namespace, spec, "Audit")

    def annotations() -> dict[str, str] | None:
        path = f"/api/v1/namespaces/{namespace}/configmaps?dryRun=All"
        assert cluster.request("POST", path, config_map("red", colour="red")).status == 201
        events = [event["annotations"] for event in cluster.audit_events() if namespace in event["requestURI"]]
        return next((found for found in events if f"{namespace}/colour" in found), None)

    found = eventually(annotations)
    assert found[f"{namespace}/colour"] == "red"
    [failure] = json.loads(found["validation.policy.admission.k8s.io/validation_failure"])
    assert (failure["message"], failure["policy"]) == ("never", namespace)


def test_admits_a_privileged_pod_without_controllers(cluster: Cluster, namespace: str) -> None:
    container = {"name": "c", "image": "example.invalid/c", "securityContext": {"privileged": True}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}}

    assert cluster.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod).status == 201


def test_lets_users_do_what_rbac_allows_them(cluster: Cluster, namespace: str) -> None:
    ada = cluster.kubeconfig_for("ada@example.com", groups=["readers"])
    read = ("get", "configmaps", "--namespace", namespace)

    refused = cluster.kubectl(*read, kubeconfig=ada, check=False)
    cluster.kubectl(
        "create",
        "rolebinding",
        "readers",
        "--clusterrole=system:aggregate-to-view",
        "--group=readers",
        "--namespace",
        namespace,
    )

    assert 'User "ada@example.com" cannot list resource "configmaps"' in refused.stderr
    eventually(lambda: cluster.kubectl(*read, kubeconfig=ada, check=False).returncode == 0)


def test_takes_the_token_of_a_service_account(cluster: Cluster, namespace: str) -> None:
    cluster.kubectl("create", "serviceaccount", "robot", "--namespace", namespace)

    token = cluster.service_account_token("robot", namespace=namespace)

    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    status = cluster.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", review).json()["status"]
    assert status["user"]["username"] == f"system:serviceaccount:{namespace}:robot"


class Refuser(BaseHTTPRequestHandler):
    """A webhook that denies everything."""

    def do_POST(self) -> None:
        uid = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]["uid"]
        response = {"uid": uid, "allowed": False, "status": {"message": "refused"}}
        review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(review).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(address: str, pair: KeyPair) -> Iterator[int]:
    """Serve a webhook that denies everything at a port of this address, and give the port."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pair.certificate, pair.key)
    with ThreadingHTTPServer((address, 0), Refuser) as server:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_calls_a_webhook_by_its_service(cluster: Cluster, namespace: str) -> None:
    address = "127.96.0.10"
    with serving(address, cluster.authority.issue("refuser", hosts=[f"refuser.{namespace}.svc"])) as port:
        service = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "refuser", "namespace": namespace},
            "spec": {"clusterIP": address, "ports": [{"port": port}]},
        }
        webhook = {
            "name": "refuser.example.com",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "rules": [CONFIG_MAPS],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
            "clientConfig": {
                "service": {"namespace": namespace, "name": "refuser", "port": port},
                "caBundle": base64.b64encode(cluster.authority.certificate.read_bytes()).decode(),
            },
        }
        configuration = {
            "apiVersion": REGISTRATION,
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": namespace},
            "webhooks": [webhook],
        }
        cluster.apply(service, configuration)

        def denial() -> Any:
            path = f"/api/v1/namespaces/{namespace}/configmaps?dryRun=All"
            answer = cluster.request("POST", path, config_map("any")).json()
            return answer.get("message")

        assert eventually(denial) == 'admission webhook "refuser.example.com" denied the request: refused'
