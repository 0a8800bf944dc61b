"""Admission as clients feel it: a kube-apiserver's own policies, beside the same ones in `polgate serve`.

One client creates Pods (as dry runs, which admission treats no differently) by one connection, in namespaces to
which different things are bound: nothing; 20 ValidatingAdmissionPolicies; the same 20 behind the webhook; or a
webhook that allows everything. The policies are those of `policies/pod-security` and one about images.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import ssl
import statistics
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from bench.reviews import POD_SECURITY, bindings
from bench.serving import Serving, Tls, bare, polgate
from tests.e2e.binaries import HOW_TO_GET_THEM, find_binaries
from tests.e2e.certificates import Authority
from tests.e2e.cluster import HOST, Cluster
from tests.e2e.processes import eventually

GOAL = 3  # times faster than with the API server's own policies, the whole request
POLICIES = 20
NAMESPACES = {
    "plain": "no policies",
    "native": f"{POLICIES} policies of its own",
    "polgate": f"the same {POLICIES} by polgate serve",
    "allow": "a webhook that allows everything",
}
_LABEL = "kubernetes.io/metadata.name"  # which the API server sets itself


def main(arguments: Sequence[str] | None = None) -> None:
    """Print medians, and what native policies take compared with ours."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creates", type=int, default=1000, help="in each namespace")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(arguments)
    binaries = find_binaries()
    if binaries is None:
        print(f"not measured: {HOW_TO_GET_THEM}")
        return
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        cluster = running.enter_context(Cluster(binaries, Path(folder) / "cluster"))
        _prepare(cluster, Path(folder), running)
        client = _Client(cluster)
        running.callback(client.close)
        _check(client)
        taken = _measure(client, options.rounds, max(1, options.creates // options.rounds))
    _print(taken)


class _Client:
    """Creates Pods by a connection that is kept open."""

    def __init__(self, cluster: Cluster) -> None:
        context = ssl.create_default_context(cafile=str(cluster.authority.certificate))
        pair = cluster.authority.issue("creator", groups=["system:masters"])
        context.load_cert_chain(pair.certificate, pair.key)
        self._connection = http.client.HTTPSConnection(HOST, cluster.port, context=context, timeout=60)

    def create(self, namespace: str, made: bytes) -> tuple[int, bytes]:
        """Create a Pod, as a dry run, and give the status and the body of the answer."""
        path = f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
        self._connection.request("POST", path, made, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        return answer.status, answer.read()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _prepare(cluster: Cluster, folder: Path, running: ExitStack) -> None:
    """Make the namespaces, and bind to each what is to be measured in it."""
    cluster.apply(*({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in NAMESPACES))
    documents = POD_SECURITY.make(POLICIES)
    cluster.apply(*documents, *bindings(documents, namespaceSelector={"matchLabels": {_LABEL: "native"}}))
    authority = Authority(folder / "tls", "bench")
    pair = authority.issue("server", hosts=[HOST])
    tls = Tls(certificate=pair.certificate, key=pair.key, authority=authority.certificate)
    allow = running.enter_context(bare("allow", tls=tls))
    cluster.apply(_allowing_webhook(allow, authority))
    running.enter_context(
        polgate(
            POD_SECURITY.write(folder / "policies", POLICIES),
            *("--kubeconfig", str(cluster.kubeconfig), "--tls-ca", str(authority.certificate)),
            *("--webhook-config", "polgate", "--webhook-create", "--webhook-timeout", "10s"),
            *(part for name in NAMESPACES if name != "polgate" for part in ("--exclude-namespace", name)),
            *("--shutdown-grace", "1ms"),
            tls=tls,
            url_option="--webhook-url",
        )
    )


def _allowing_webhook(server: Serving, authority: Authority) -> dict[str, Any]:
    bundle = base64.b64encode(authority.certificate.read_bytes()).decode()
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": ["pods"]}
    webhook = {
        "name": "allow.example.com",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {_LABEL: "allow"}},
        "clientConfig": {"url": f"{server.url}/validate", "caBundle": bundle},
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": "allow"},
        "webhooks": [webhook],
    }


def _check(client: _Client) -> None:
    """Wait until both ways deny a bad Pod in the same words, and be sure that all let a good one pass."""

    def denials() -> dict[str, str]:
        found = {}
        for name in NAMESPACES:
            status, body = client.create(name, _pod(POD_SECURITY.bad, name))
            if status != http.client.CREATED:
                found[name] = json.loads(body)["message"]
        return found

    def is_as_wanted() -> bool:
        found = denials()
        assert set(found) == {"native", "polgate"}, found
        # The API server tells one denial, of whichever policy it came upon first; ours tells all of them.
        told = found["native"].partition("ValidatingAdmissionPolicy '")[2]
        assert told, found
        assert told in found["polgate"], found
        return True

    eventually(is_as_wanted, timeout_s=60)
    for name in NAMESPACES:
        status, body = client.create(name, _pod(POD_SECURITY.good, name))
        assert status == http.client.CREATED, body


def _measure(client: _Client, rounds: int, creates: int) -> dict[str, list[float]]:
    """Give milliseconds of each creation, by namespace. Rounds alternate, so that all meet the same load."""
    taken: dict[str, list[float]] = {name: [] for name in NAMESPACES}
    for round_ in range(rounds + 1):
        for name in NAMESPACES:
            made = _pod(POD_SECURITY.good, name)
            times = []
            for _ in range(creates):
                started = time.perf_counter()
                status, _ = client.create(name, made)
                times.append((time.perf_counter() - started) * 1e3)
                assert status == http.client.CREATED, status
            if round_ > 0:  # the first one warms up
                taken[name] += times
    return taken


def _print(taken: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(times) for name, times in taken.items()}
    plain = medians["plain"]
    print(f"{len(taken['plain'])} Pods created in turn by one client; load average {os.getloadavg()[0]:.1f}")
    for name, text in NAMESPACES.items():
        p99 = statistics.quantiles(taken[name], n=100)[98]
        print(f"{text:34} p50 {medians[name]:6.2f} ms, p99 {p99:6.2f} ms, {medians[name] - plain:+6.2f} ms")
    whole = medians["native"] / medians["polgate"]
    own = (medians["native"] - plain) / (medians["polgate"] - plain)
    print(f"polgate serve is {whole:.1f} times faster than native policies for the whole request (goal: {GOAL})")
    print(f"and takes {own:.1f} times less of what policies add to it")


def _pod(made: dict[str, Any], namespace: str) -> bytes:
    return json.dumps({**made, "metadata": {**made["metadata"], "namespace": namespace}}).encode()


if __name__ == "__main__":
    main()
