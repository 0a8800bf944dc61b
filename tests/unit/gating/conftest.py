"""What the tests of the gate share: a repository with policies in its first commit, and a way to judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from policy_engine.forges.proposals import Build
from policy_engine.gating.gate import Judged, judge_change
from policy_engine.gating.options import GateOptions
from tests.git_repositories import TestRepository

Files = Mapping[str, str | bytes | None]

SETTINGS = """
apiVersion: polgate.io/v1alpha1
kind: GateSettings
policies: [policies]
"""


def policy(
    name: str,
    expression: str,
    *,
    resources: str = "configmaps",
    group: str = "",
    version: str = "*",
    operations: str = "'*'",
    extra: str = "",
    message: str = "no",
) -> str:
    """Give a policy with one validation."""
    return f"""
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}}}
spec:
  matchConstraints:
    resourceRules:
    - {{apiGroups: ["{group}"], apiVersions: ["{version}"], operations: [{operations}], resources: [{resources}]}}
{extra}
  validations:
  - expression: >-
      {expression}
    message: {message!r}
"""


def config_map(name: str, value: str, *, namespace: str = "") -> str:
    """Give a ConfigMap with one key."""
    where = f", namespace: {namespace}" if namespace else ""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}{where}}}\ndata:\n  key: {value}\n"


NO_BAD = policy("no-bad", "object == null || object.data.key != 'bad'", message="bad is not allowed")


@pytest.fixture
def repository(tmp_path: Path) -> TestRepository:
    """Give a repository whose first commit says that no ConfigMap may be bad."""
    made = TestRepository.create(tmp_path / "repository")
    made.commit({".polgate.yaml": SETTINGS, "policies/no-bad.yaml": NO_BAD, "README.md": "hello\n"})
    return made


@pytest.fixture
def gate(repository: TestRepository) -> Callable[..., Judged]:
    """Give a function that commits files on top, and judges that commit."""

    def judge(files: Files | None = None, *, build: Build | None = None, **options: object) -> Judged:
        base = repository.git("rev-parse", "HEAD")
        if files is not None:
            repository.commit(files)
        given = {"repository": str(repository.folder), "base": base, **options}
        return judge_change(GateOptions(**given), build)  # type: ignore[arg-type]

    return judge


def told(judged: Judged) -> list[str]:
    """Say what was found, in short."""
    return [f"{f.status} {f.level} {f.operation} {f.object.name}: {f.message}" for f in judged.report.findings]


def asked(judged: Judged) -> list[str]:
    """Say what was requested, in short."""
    return [f"{r.operation} {r.kind.kind} {r.namespace}/{r.name}" for r in judged.requests]
