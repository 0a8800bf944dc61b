"""A real Kubernetes control plane for tests: etcd and kube-apiserver as processes, on loopback only.

There is no controller manager, no scheduler and no kubelet. So Pods stay pending, a deleted namespace stays, and
nobody makes the default ServiceAccount (the admission plugin that would miss it is off). The ClusterRoles view,
edit and admin, which a controller puts together, are empty: bind system:aggregate-to-view and its like instead.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import ssl
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.e2e.binaries import Binaries
from tests.e2e.certificates import Authority, KeyPair, write_key
from tests.e2e.processes import Server, free_port

HOST = "127.0.0.1"
# All of 127.0.0.0/8 is this machine, on Linux: a Service whose clusterIP a test chooses from this range leads to
# what the test has bound to that address, so that webhooks can be registered by Service as they are in clusters.
SERVICE_RANGE = "127.96.0.0/16"
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the API server answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> Any:
        """Give the body, decoded."""
        return json.loads(self.body)


class KubectlError(AssertionError):
    """kubectl has failed; the message is what it said."""


class Cluster:
    """etcd and kube-apiserver with RBAC, certificates of their own and an audit log, all in one folder.

    As a context manager it starts both and ends both. `stop`, `kill` and `restart` are about the API server alone.
    """

    def __init__(self, binaries: Binaries, folder: Path, *, options: Sequence[str] = ()) -> None:
        """Prepare a cluster, without starting anything.

        options: further command line options of kube-apiserver
        """
        self.folder = folder
        self.port = free_port()
        self.url = f"https://{HOST}:{self.port}"
        self.audit_log = folder / "audit.log"
        self.authority = Authority(folder / "pki", "test-cluster")
        self._binaries = binaries
        self._admin = self.authority.issue("admin", groups=["system:masters"])
        self.kubeconfig = self._write_kubeconfig("admin", self._admin)
        self._tls = ssl.create_default_context(cafile=str(self.authority.certificate))
        self._tls.load_cert_chain(self._admin.certificate, self._admin.key)
        self._etcd_port = free_port()
        self._etcd = Server(self._etcd_command(), log=folder / "etcd.log")
        self._api_server = Server([*self._api_server_command(), *options], log=folder / "kube-apiserver.log")

    def __enter__(self) -> Cluster:
        """Start both, and wait until the API server is ready."""
        try:
            self._etcd.start(self._etcd_is_ready)
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End both."""
        self._api_server.kill()  # nothing is to be saved, and stopping in order takes seconds
        self._etcd.kill()

    def is_running(self) -> bool:
        """Say whether there is an API server."""
        return self._api_server.is_running()

    def start(self) -> None:
        """Start the API server that was stopped or killed, at the same port and with the same data."""
        self._api_server.start(self._is_ready)

    def stop(self) -> None:
        """Stop the API server in order."""
        self._api_server.stop()

    def kill(self) -> None:
        """End the API server as a crash would."""
        self._api_server.kill()

    def restart(self) -> None:
        """Stop the API server in order, and start it again."""
        self.stop()
        self.start()

    def request(self, method: str, path: str, body: object = None) -> Answer:
        """Ask the API server something as the administrator.

        body: sent as JSON unless None

        Raises:
            OSError: when it cannot be reached.
        """
        connection = http.client.HTTPSConnection(HOST, self.port, context=self._tls, timeout=30)
        try:
            content = None if body is None else json.dumps(body)
            kind = "application/json-patch+json" if method == "PATCH" else "application/json"
            connection.request(method, path, content, {"Content-Type": kind})
            response = connection.getresponse()
            return Answer(status=response.status, headers=response.headers, body=response.read())
        finally:
            connection.close()

    def kubectl(
        self, *arguments: str, stdin: str = "", check: bool = True, kubeconfig: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run kubectl as the administrator, or as the user of another kubeconfig.

        Raises:
            KubectlError: when it fails and `check` is true.
        """
        done = subprocess.run(
            [self._binaries.kubectl, *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
            # No proxy and no settings of the person who runs the tests.
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.folder),
                "KUBECONFIG": str(kubeconfig or self.kubeconfig),
            },
        )
        if check and done.returncode:
            raise KubectlError(
                f"kubectl {' '.join(arguments)}: exit {done.returncode}: {done.stderr or done.stdout}"
            )
        return done

    def apply(self, *objects: Mapping[str, object]) -> None:
        """Apply objects with kubectl, as the administrator."""
        self.kubectl("apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))

    def kubeconfig_for(self, user: str, *, groups: Iterable[str] = ()) -> Path:
        """Give the kubeconfig of a user, who is whom RBAC has to let do things."""
        file = re.sub(r"[^a-zA-Z0-9.-]", "_", user)
        return self._write_kubeconfig(file, self.authority.issue(user, groups=groups, file=file))

    def service_account_token(self, name: str, *, namespace: str) -> str:
        """Give a bearer token of a ServiceAccount, as its Pods would have."""
        return self.kubectl("create", "token", name, "--namespace", namespace).stdout.strip()

    def audit_events(self) -> list[dict[str, Any]]:
        """Give what the API server has audited so far; an event may come a moment after its answer."""
        lines = self.audit_log.read_text().splitlines(keepends=True) if self.audit_log.exists() else []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def _is_ready(self) -> bool:
        try:
            return self.request("GET", "/readyz").status == http.client.OK
        except OSError:
            return False

    def _etcd_is_ready(self) -> bool:
        connection = http.client.HTTPConnection(HOST, self._etcd_port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            return connection.getresponse().status == http.client.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _etcd_command(self) -> list[str | os.PathLike[str]]:
        clients, peers = f"http://{HOST}:{self._etcd_port}", f"http://{HOST}:{free_port()}"
        return [
            self._binaries.etcd,
            f"--data-dir={self.folder / 'etcd'}",
            f"--listen-client-urls={clients}",
            f"--advertise-client-urls={clients}",
            f"--listen-peer-urls={peers}",
            f"--initial-advertise-peer-urls={peers}",
            f"--initial-cluster=default={peers}",
            "--unsafe-no-fsync",  # nobody needs this data after a power failure
            "--log-level=warn",
        ]

    def _api_server_command(self) -> list[str | os.PathLike[str]]:
        serving = self.authority.issue("kube-apiserver", hosts=[HOST, "localhost", "kubernetes.default.svc"])
        signing_key = write_key(self.folder / "pki" / "service-accounts.key")
        audit_policy = self.folder / "audit-policy.json"
        audit_policy.write_text(json.dumps(AUDIT_POLICY))
        return [
            self._binaries.api_server,
            f"--etcd-servers=http://{HOST}:{self._etcd_port}",
            f"--bind-address={HOST}",
            f"--advertise-address={HOST}",
            f"--secure-port={self.port}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            f"--client-ca-file={self.authority.certificate}",
            f"--service-account-issuer={self.url}",
            f"--service-account-key-file={signing_key}",
            f"--service-account-signing-key-file={signing_key}",
            "--authorization-mode=RBAC",
            "--disable-admission-plugins=ServiceAccount",  # nobody makes ServiceAccounts for it to find
            "--allow-privileged",  # or validation would refuse a privileged Pod before any policy sees it
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--endpoint-reconciler-type=none",  # Endpoints may not have a loopback address, and we have no other
            f"--audit-policy-file={audit_policy}",
            f"--audit-log-path={self.audit_log}",
        ]

    def _write_kubeconfig(self, name: str, user: KeyPair) -> Path:
        def data(path: Path) -> str:
            return base64.b64encode(path.read_bytes()).decode()

        cluster = {"server": self.url, "certificate-authority-data": data(self.authority.certificate)}
        credentials = {"client-certificate-data": data(user.certificate), "client-key-data": data(user.key)}
        path = self.folder / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(
            json.dumps(
                {
                    "apiVersion": "v1",
                    "kind": "Config",
                    "clusters": [{"name": "test", "cluster": cluster}],
                    "users": [{"name": name, "user": credentials}],
                    "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
                    "current-context": "test",
                }
            )
        )
        return path
