"""The chart installed in a test cluster, with what a kubelet, kube-proxy and DNS would make of it.

There are none of these here, so they have stand-ins: what the Deployment says is run at the addresses of Pods, the
Service's address leads to those that are ready, and the servers are told where names of Services lead. Everything
else is real: the objects, their RBAC, and who calls whom.
"""

from __future__ import annotations

import contextlib
import json
import socket
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import helm_python

from tests.e2e.cluster import Cluster
from tests.e2e.processes import Server, free_port
from tests.e2e.server import Object

CHART = Path(__file__).resolve().parent.parent.parent / "charts" / "polgate"
NAME, NAMESPACE = "polgate", "gate"
PODS = ("127.98.0.1", "127.98.0.2")

# What a cluster's DNS does for a Pod, as far as names of Services go.
DNS = """
import socket

_names = {names!r}
_lookup = socket.getaddrinfo


def _answer(host, *arguments, **options):
    return _lookup(_names.get(host, host), *arguments, **options)


socket.getaddrinfo = _answer
"""


class ReplicaPod:
    """What a kubelet makes of the Deployment: a process with its arguments, its access and its address."""

    def __init__(self, address: str, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
        """Prepare it. arguments: as in the Deployment; the address takes the place of `--host`."""
        own = [f"--host={address}" if one.startswith("--host=") else one for one in arguments]
        [admin] = [one.partition("=")[2] for one in arguments if one.startswith("--admin-port=")]
        given = [f"{name}={value}" for name, value in environment.items()]
        command = ["env", *given, str(Path(sys.executable).with_name("polgate")), "serve", *own]
        self.address = address
        self._ready = f"http://{address}:{admin}/readyz"
        self._server = Server(command, log=folder / f"{address}.log")

    def start(self) -> None:
        """Start the server, and wait until it is ready."""
        self._server.start(self.is_ready)

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self._server.stop()

    def kill(self) -> None:
        """End it as a crash would."""
        self._server.kill()

    def is_ready(self) -> bool:
        """Probe it as the Deployment says."""
        try:
            with build_opener(ProxyHandler({})).open(self._ready, timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def logs(self) -> list[Object]:
        """Give what was logged."""
        return [json.loads(line) for line in self._server.log.read_text().splitlines()]


class ServiceProxy:
    """What kube-proxy does for a Service: each new connection goes to one of the Pods that are ready."""

    def __init__(self, address: tuple[str, int], port: int, pods: list[ReplicaPod]) -> None:
        """Listen at the Service's address, and lead to this port of Pods."""
        self._port, self._pods = port, pods
        self._ready: list[str] = []
        self._end = threading.Event()
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(address)
        self._threads = [threading.Thread(target=run) for run in (self._accept, self._look)]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End all connections."""
        self._end.set()
        for one in [self._listener, *self._sockets]:
            _shut(one)
        for thread in self._threads:
            thread.join()
        for one in [self._listener, *self._sockets]:
            one.close()

    def _look(self) -> None:
        while not self._end.wait(0.1):
            self._ready = [pod.address for pod in self._pods if pod.is_ready()]

    def _accept(self) -> None:
        number = 0
        while not self._end.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            ready = self._ready
            try:
                pod = socket.create_connection((ready[number % len(ready)], self._port))
            except (OSError, ZeroDivisionError):  # as a packet that is rejected
                client.close()
                continue
            self._sockets += [client, pod]
            for source, sink in ((client, pod), (pod, client)):
                thread = threading.Thread(target=_pump, args=(source, sink))
                self._threads.append(thread)
                thread.start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    _shut(sink)


def _shut(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)


class Release:
    """The chart installed, and what its Deployment would run."""

    def __init__(self, cluster: Cluster, folder: Path, *, selector: str) -> None:
        """Prepare an installation. selector: of the bindings that are for it."""
        self._cluster = cluster
        self._selector = selector
        self._folder = folder
        self._helm = helm_python.Config(kubeconfig_path=cluster.kubeconfig, namespace=NAMESPACE)
        self.pods: list[ReplicaPod] = []
        self._proxy: ServiceProxy | None = None

    def install(self) -> None:
        """Install the chart, and start what a cluster then starts."""
        port, admin_port, service_port = free_port(), free_port(), free_port()
        values = {
            "image": {"repository": "registry.example/polgate"},
            "cluster": {"bindingsSelector": self._selector},
            "service": {"port": service_port},
            "server": {"port": port, "adminPort": admin_port, "shutdownGraceSeconds": 2},
        }
        self._cluster.kubectl("create", "namespace", NAMESPACE)
        self._helm.install(CHART, NAME, values, namespace=NAMESPACE)
        address = self._get("/api/v1", "services", NAME)["spec"]["clusterIP"]
        container = self._get("/apis/apps/v1", "deployments", NAME)["spec"]["template"]["spec"]["containers"][0]
        dns = self._folder / "dns"
        dns.mkdir()
        (dns / "sitecustomize.py").write_text(DNS.format(names={f"{NAME}.{NAMESPACE}.svc": address}))
        environment = {"PYTHONPATH": str(dns), "POLGATE_SERVE_KUBECONFIG": str(self._kubeconfig())}
        self.pods = [ReplicaPod(one, container["args"], environment, self._folder) for one in PODS]
        for pod in self.pods:
            pod.start()
        self._proxy = ServiceProxy((address, service_port), port, self.pods)

    def uninstall(self) -> None:
        """Take the chart's objects away."""
        self._helm.uninstall(NAME, ignore_not_found=True)

    def close(self) -> None:
        """Take everything away."""
        self.uninstall()
        for pod in self.pods:
            pod.kill()
        if self._proxy is not None:
            self._proxy.close()
        self._helm.close()

    def _get(self, group: str, resource: str, name: str) -> Any:
        return self._cluster.request("GET", f"{group}/namespaces/{NAMESPACE}/{resource}/{name}").json()

    def _kubeconfig(self) -> Path:
        """Write the access that Pods have: the token of their ServiceAccount."""
        content = json.loads(self._cluster.kubeconfig.read_text())
        token = self._cluster.service_account_token(NAME, namespace=NAMESPACE)
        content["users"] = [{"name": content["users"][0]["name"], "user": {"token": token}}]
        path = self._folder / "pod.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(content))
        return path
