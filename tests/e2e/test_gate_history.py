"""The gate run over every commit of a real history, with its chart and its overlays rendered."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.admission import AdmissionRequest
from policy_engine.gating.gate import judge_change
from policy_engine.gating.options import GateOptions
from policy_engine.sources import Document, DocumentReader
from policy_engine.sources.values import JsonObject
from tests.e2e.binaries import Binaries
from tests.git_repositories import TestRepository
from tests.histories import Cluster, microservices_demo, texts_of

# Theirs: a manifest that sets `env` twice, mended in the next commit.
BROKEN = {"45075437": ["duplicate-key"]}

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: everything-is-fine}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}
  validations:
  - expression: "object != null || oldObject != null"
"""


def judge(folder: str, policies: str, commit: str) -> tuple[list[str], list[AdmissionRequest]]:
    """Judge one commit in a process of a pool."""
    options = GateOptions(repository=folder, base=f"{commit}^", head=commit, policies=(policies,))
    judged = judge_change(options, None)
    assert not judged.report.findings
    return [broken.code for broken in judged.report.broken], list(judged.requests)


@pytest.fixture
def kubectl(binaries: Binaries, monkeypatch: pytest.MonkeyPatch) -> str:
    """Put the kubectl of the control plane first on the PATH."""
    monkeypatch.setenv("PATH", f"{binaries.kubectl.parent}{os.pathsep}{os.environ['PATH']}")
    return str(binaries.kubectl)


def test_every_commit_is_judged_and_the_requests_build_what_the_tools_render(
    shared: Path, tmp_path: Path, kubectl: str
) -> None:
    history, commits = microservices_demo(shared, tmp_path / "history.git")
    policies = tmp_path / "policy.yaml"
    policies.write_text(POLICY)
    cluster = Cluster()
    broken: dict[str, list[str]] = {}
    count = len(commits)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        results = pool.map(judge, [str(history.folder)] * count, [str(policies)] * count, commits)
        for number, (commit, (codes, requests)) in enumerate(zip(commits, results, strict=True)):
            if codes:
                broken[commit[:8]] = codes
            for request in requests:
                cluster.apply(request)
            if number % 60 == 0 or number == count - 1:
                assert cluster.held() == expected(history, commit, tmp_path / commit, kubectl), commit
    assert count == 332
    assert broken == BROKEN


def expected(history: TestRepository, commit: str, folder: Path, kubectl: str) -> Counter[str]:
    """Find what a commit's folders stand for, with the tools themselves on a work tree."""
    with tarfile.open(fileobj=io.BytesIO(history.git_bytes("archive", commit))) as archive:
        archive.extractall(folder, filter="data")
    kustomizations = {path.parent: yaml.safe_load(path.read_text()) for path in folder.rglob("kustomization.yaml")}
    uses = {home: set(used_by(home, content)) for home, content in kustomizations.items()}
    somewhere = set().union(*uses.values())
    waiting = [
        home
        for home, content in kustomizations.items()
        if home not in somewhere and content.get("kind") != "Component"
    ]
    objects: list[JsonObject] = []
    for home in waiting:
        objects += parsed(subprocess.run([kubectl, "kustomize", home], capture_output=True, check=True).stdout)
    used: set[Path] = set()  # what a component names that nobody uses is judged as it is written
    while waiting:
        for path in uses.get(waiting.pop(), ()):
            used.add(path)
            waiting.append(path)
    charts = [path.parent for path in folder.rglob("Chart.yaml")]
    for chart in charts:
        objects += parsed(rendered_by_helm(chart))
    for path in sorted(folder.rglob("*")):
        is_part = path in used or path.parent in {chart / "templates" for chart in charts}
        if path.suffix in (".yaml", ".yml", ".json") and path.is_file() and not is_part:
            objects += parsed(path.read_bytes())
    return texts_of(objects)


def used_by(home: Path, content: Mapping[str, Any]) -> Iterator[Path]:
    """Give the files and folders that a kustomization names."""
    for field in ("resources", "components", "bases", "patches", "patchesStrategicMerge"):
        for one in content.get(field) or ():
            name = one.get("path") if isinstance(one, dict) else one
            if name and "\n" not in name:
                yield Path(os.path.normpath(home / name))


def rendered_by_helm(chart: Path) -> bytes:
    """Render a chart with its own values, in a process of its own as Helm's library wants it."""
    program = (
        "import json, sys; from helm_python import Chart; "
        "print(json.dumps(Chart.load(sys.argv[1]).render(name=sys.argv[2], namespace='default')))"
    )
    done = subprocess.run([sys.executable, "-c", program, chart, chart.name], capture_output=True, check=True)
    templates: dict[str, str] = json.loads(done.stdout)
    return "\n---\n".join(text for name, text in templates.items() if not name.endswith(".txt")).encode()


def parsed(data: bytes) -> Iterator[JsonObject]:
    """Read the objects of a text."""
    return (entry.value for entry in DocumentReader().read("x.yaml", data) if isinstance(entry, Document))
