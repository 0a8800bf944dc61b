"""Memory: what a worker of `polgate serve` with 100 policies holds, and what its packages alone take of that.

RSS is all that is in memory; PSS counts what several processes share once, in parts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from bench.load_generator import Case, NoGoError, built_load_generator
from bench.reviews import PATH, POD_SECURITY, TEAM, Admission, bindings, review_of
from bench.serving import ROOT, Serving, polgate
from tests.e2e.binaries import HOW_TO_GET_THEM, find_binaries
from tests.e2e.cluster import Cluster

GOAL_MB = 120
POLICIES = 100
REVIEWS = 20_000
# In the order in which one would import them: each shows what it adds to those before.
PACKAGES = (
    "asyncio",
    "orjson, msgspec",
    "yaml",
    "re2",
    "policy_engine.admission.judging",
    "policy_engine.authoring.policy_files",
    "uvloop, httptools",
    "uvicorn",
    "prometheus_client",
    "pydantic",
    "fastapi",
    "cryptography.x509",
    "webhook.cluster.api",
    "webhook.worker",
)
MEASURE = """\
import sys
def rss():
    with open("/proc/self/status") as status:
        return int(status.read().partition("VmRSS:")[2].split()[0]) / 1024
before = rss()
print(f"{'bare Python':40}{before:6.1f} MB")
for name in sys.argv[1:]:
    exec(f"import {name}")
    now = rss()
    print(f"{name:40}{now - before:+6.1f} MB")
    before = now
print(f"{'all of them':40}{before:6.1f} MB")
"""


def main() -> None:
    """Print what workers hold before and after reviews, and what imports take."""
    with tempfile.TemporaryDirectory() as folder:
        for admission in (TEAM, POD_SECURITY):
            policies = admission.write(Path(folder) / admission.good["kind"], POLICIES)
            for workers in (1, 2):
                with polgate(policies, "--workers", str(workers)) as server:
                    _row(f"files, {admission.good['kind']}s", workers, server, admission)
        _with_cluster(Path(folder))
    print()
    subprocess.run([sys.executable, "-c", MEASURE, *PACKAGES], cwd=ROOT, check=True)


def _row(name: str, workers: int, server: Serving, admission: Admission) -> None:
    started = [_memory_mb(pid)[0] for pid in _processes(server.pid, workers)]
    _load(server, admission)
    for pid, before in zip(_processes(server.pid, workers), started, strict=True):
        rss, pss = _memory_mb(pid)
        which = f"{name}, {'one worker' if workers == 1 else f'one of {workers} workers'}"
        print(
            f"{POLICIES} policies from {which:38} {before:5.0f} MB at start; RSS {rss:5.1f} MB, PSS {pss:5.1f} MB"
            f" after reviews (goal: at most {GOAL_MB})",
            flush=True,
        )


def _with_cluster(folder: Path) -> None:
    binaries = find_binaries()
    if binaries is None:
        print(f"not measured with a cluster: {HOW_TO_GET_THEM}")
        return
    with Cluster(binaries, folder / "cluster") as cluster:
        documents = POD_SECURITY.make(POLICIES)
        bound = bindings(documents)
        for document in bound:
            document["metadata"]["labels"] = {"polgate.io/enforce": "true"}
            document["spec"]["matchResources"] = {"namespaceSelector": {"matchLabels": {"judged": "by-polgate"}}}
        namespace = POD_SECURITY.good["metadata"]["namespace"]
        labelled = {"name": namespace, "labels": {"judged": "by-polgate"}}
        cluster.apply(*documents, *bound, {"apiVersion": "v1", "kind": "Namespace", "metadata": labelled})
        with polgate(None, "--cluster", "--kubeconfig", str(cluster.kubeconfig)) as server:
            _row("a cluster, Pods", 1, server, POD_SECURITY)


def _load(server: Serving, admission: Admission) -> None:
    bodies = [review_of(admission.good), review_of(admission.bad)]
    cases = [Case(body=body, answers=[server.post(PATH, body)]) for body in bodies]
    try:
        with built_load_generator() as load:
            load.run(server, PATH, cases, connections=16, requests=REVIEWS)
    except NoGoError:
        for number in range(REVIEWS // 20):
            server.post(PATH, bodies[number % 2])


def _processes(pid: int, workers: int) -> list[int]:
    """Give the workers: the process itself, or those of its children that are Python's spawned ones."""
    if workers == 1:
        return [pid]
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]


def _memory_mb(pid: int) -> tuple[float, float]:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    rss, pss = (int(text.partition(f"\n{name}:")[2].split()[0]) / 1024 for name in ("Rss", "Pss"))
    return rss, pss


if __name__ == "__main__":
    main()
