"""`polgate serve` as a process beside a test cluster, registered there, and a client that never rests."""

from __future__ import annotations

import base64
import http.client
import json
import sys
import threading
import urllib.error
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from tests.e2e.cluster import HOST, Answer, Cluster
from tests.e2e.processes import Server, eventually, free_port

REGISTRATION = "admissionregistration.k8s.io/v1"
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
ENFORCE = {"polgate.io/enforce": "true"}
_POLGATE = Path(sys.executable).with_name("polgate")

Object = dict[str, Any]


def rule(resources: str, *operations: str, group: str = "", version: str = "v1") -> Object:
    """Write a rule about resources, with spaces between them; without operations it is about CREATE and UPDATE."""
    return {
        "apiGroups": [group],
        "apiVersions": [version],
        "operations": list(operations) or ["CREATE", "UPDATE"],
        "resources": resources.split(),
    }


def policy(name: str, rules: Object | Sequence[Object], *validations: str | Object, **spec: Any) -> Object:
    """Write a policy. validations: as they are, or expressions, whose message then is the policy's name."""
    written = [{"expression": one, "message": name} if isinstance(one, str) else one for one in validations]
    return {
        "apiVersion": REGISTRATION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [rules] if isinstance(rules, dict) else list(rules)},
            **({"validations": written} if written else {}),
            **spec,
        },
    }


def in_namespace(name: str) -> Object:
    """Write matchResources for one namespace."""
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}


def binding(
    to: str, namespace: str, *actions: str, labels: Mapping[str, str] | None = None, name: str = "", **spec: Any
) -> Object:
    """Write a binding of a policy to a namespace; named as the policy where nothing else is said.

    labels: those that make it the webhook's; an empty mapping makes it the API server's own alone.
    """
    return {
        "apiVersion": REGISTRATION,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name or to, "labels": dict(ENFORCE if labels is None else labels)},
        "spec": {
            "policyName": to,
            "validationActions": list(actions) or ["Deny"],
            "matchResources": in_namespace(namespace),
            **spec,
        },
    }


def config_map(name: str = "any", labels: Mapping[str, str] | None = None, **data: str) -> Object:
    """Write a ConfigMap; with a name that ends in a dash the API server makes one up."""
    metadata: Object = {"generateName" if name.endswith("-") else "name": name}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def pod(name: str = "p", **spec: Any) -> Object:
    """Write a Pod with one container."""
    containers = [{"name": "c", "image": "example.invalid/c"}]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"containers": containers, **spec},
    }


def tries(cluster: Cluster, namespace: str, made: Object, *, resource: str = "configmaps") -> Answer:
    """Ask for an object to be created, in earnest up to its last step."""
    return cluster.request("POST", f"/api/v1/namespaces/{namespace}/{resource}?dryRun=All", made)


def denial(answer: Answer) -> str:
    """Give what a webhook said against a request; nothing where it was admitted or something else is wrong."""
    message = str(answer.json().get("message", ""))
    return message if message.startswith("admission webhook ") else ""


class Webhook:
    """One `polgate serve` with a registration of its own, at a loopback address.

    As a context manager it starts the server; at the end it takes the registration away too, so that nothing is
    locked for the tests after it. Start it from the main thread.
    """

    def __init__(
        self,
        cluster: Cluster,
        folder: Path,
        *options: str,
        name: str = "",
        port: int | None = None,
        files: Path | None = None,
        follows_cluster: bool = True,
    ) -> None:
        """Prepare a server, without starting it.

        options: further ones of the command line; port: where reviews are answered; files: policies in a folder,
        beside those of the cluster unless follows_cluster is False
        """
        self.name = name or f"polgate-{uuid.uuid4().hex[:8]}"
        self.port = port or free_port()
        self.admin_port = free_port()
        self._cluster = cluster
        self._folder = folder
        number = sum(1 for _ in folder.glob(f"{self.name}*.log"))
        self._server = Server(
            [
                _POLGATE,
                "serve",
                f"--port={self.port}",
                f"--admin-port={self.admin_port}",
                f"--kubeconfig={cluster.kubeconfig}",
                *(["--cluster"] if follows_cluster else []),
                *([f"--policies={files}"] if files else []),
                f"--tls-secret=default/{self.name}",
                f"--tls-dns-name={HOST}",
                f"--webhook-config={self.name}",
                f"--webhook-url=https://{HOST}:{self.port}",
                "--webhook-create",
                "--shutdown-grace=1s",
                *options,
            ],
            log=folder / f"{self.name}-{number}.log",
        )

    def __enter__(self) -> Webhook:
        """Start, and wait until the server is ready."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it, and take its registration away."""
        self.kill()
        if self._cluster.is_running():
            self._cluster.request("DELETE", f"{CONFIGURATIONS}/{self.name}")

    def start(self) -> None:
        """Start, and wait until the server is ready."""
        self._server.start(self.is_ready)

    def stop(self) -> None:
        """Ask the server to end, and wait until it has; the registration stays."""
        self._server.stop()

    def kill(self) -> None:
        """End the server as a crash would; the registration stays."""
        self._server.kill()

    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self._server.is_running()

    def is_ready(self) -> bool:
        """Say whether the server wants reviews."""
        try:
            return self._admin("/readyz").status == 200
        except OSError:
            return False

    def workers(self) -> list[int]:
        """Give the ids of the processes that answer, where there are several."""
        children = f"/proc/{self.pid}/task/{self.pid}/children"
        found = [int(child) for child in Path(children).read_text().split()]
        return [pid for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    @property
    def pid(self) -> int:
        """Give the id of the process that was started."""
        process = self._server._process
        assert process is not None
        return process.pid

    @property
    def url(self) -> str:
        """Give where the API server asks."""
        return f"https://{HOST}:{self.port}"

    def logs(self) -> list[Object]:
        """Give what was logged. Anything that is no JSON, such as a traceback, is an error."""
        return [json.loads(line) for line in self._server.log.read_text().splitlines()]

    def complaints(self) -> list[str]:
        """Give what was logged as an error, or tells of access that was missing."""
        return [str(line) for line in self.logs() if line["level"].lower() == "error" or "forbidden" in str(line)]

    def metrics(self) -> dict[str, float]:
        """Give the metrics, by name and labels as they are written."""
        lines = self._admin("/metrics").read().decode().splitlines()
        return {
            name: float(value) for name, _, value in (x.rpartition(" ") for x in lines if not x.startswith("#"))
        }

    def policies(self) -> Any:
        """Give the listing of what is in force."""
        return json.load(self._admin("/policies"))

    def configuration(self) -> Any:
        """Give the registration."""
        return self._cluster.request("GET", f"{CONFIGURATIONS}/{self.name}").json()

    def registered(self) -> list[str]:
        """Give the names of the webhooks in the registration."""
        return [one["name"] for one in self.configuration().get("webhooks") or []]

    def _admin(self, path: str) -> http.client.HTTPResponse | urllib.error.HTTPError:
        # Not through any proxy of the person who runs the tests.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            answer: http.client.HTTPResponse = opener.open(f"http://{HOST}:{self.admin_port}{path}", timeout=10)
        except urllib.error.HTTPError as refusal:
            return refusal
        return answer


class Load:
    """A client that asks for objects to be created all the time, one good and one bad, and keeps the answers.

    what: makes a request; what it returns or the name of what it raises is counted, with the first example kept.
    """

    def __init__(self, *what: Callable[[], str]) -> None:
        self.seen: Counter[str] = Counter()
        self._what = what
        self._end = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(one,)) for one in what]

    def __enter__(self) -> Load:
        """Begin."""
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End, after the answers that are under way."""
        self._end.set()
        for thread in self._threads:
            thread.join()

    def goes_on(self, outcome: str, *, times: int = 20) -> None:
        """Wait until an outcome was seen so many times more."""
        wanted = self.seen[outcome] + times
        eventually(lambda: self.seen[outcome] >= wanted, timeout_s=60)

    def _run(self, what: Callable[[], str]) -> None:
        while not self._end.is_set():
            try:
                self.seen[what()] += 1
            except Exception as error:
                self.seen[f"{type(error).__name__}: {error}"] += 1


def decoded_bundle(configuration: Object) -> list[str]:
    """Give the CA bundle of each webhook of a configuration, in PEM."""
    return [base64.b64decode(one["clientConfig"]["caBundle"]).decode() for one in configuration["webhooks"]]


class Enforce(Protocol):
    """What the fixture `enforce` gives."""

    def __call__(self, *objects: Object, until: Callable[[], object] | None = None) -> None:
        """Apply policies and bindings, and wait until something is true."""
