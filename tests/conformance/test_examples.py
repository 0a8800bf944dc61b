"""`polgate check` on 248 real manifests, some old, some broken."""

from __future__ import annotations

import json
import re
import tarfile
from pathlib import Path

import pytest

from policy_engine.cli.main import main

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-host-paths
spec:
  matchConstraints:
    resourceRules:
    - apiGroups: [""]
      apiVersions: ["*"]
      operations: [CREATE]
      resources: [pods]
  validations:
  - expression: "!has(object.spec.volumes) || object.spec.volumes.all(v, !has(v.hostPath))"
    message: volumes must not be host paths
"""


@pytest.fixture(scope="module")
def examples(suites: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("examples")
    with tarfile.open(suites / "repos" / "kubernetes-examples.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def run(examples: Path, *options: str) -> tuple[int, str]:
    policy, out = examples / "policy.yml.txt", examples / "out.txt"
    policy.write_text(POLICY)
    code = main(
        ["check", str(examples), "--policies", str(policy), "--output-file", str(out), "--jobs", "1", *options]
    )
    return code, out.read_text("utf-8")


def test_check_runs_through_all_examples(examples: Path) -> None:
    code, text = run(examples, "--output", "json")
    report = json.loads(text)
    assert code == 2, "broken files are input that cannot be read"
    assert report["summary"]["files"] == 248
    assert report["summary"]["objects"] > 250
    assert report["summary"]["denied"] > 0
    for finding in report["findings"]:
        assert re.fullmatch(r"spec\.volumes\[[0-9]+\]\.hostPath", finding["field"])
        place = finding["location"]
        line = Path(place["path"]).read_text("utf-8").splitlines()[place["line"] - 1]
        assert line[place["column"] - 1 :].startswith("hostPath:")


def test_every_broken_example_is_named_with_its_line(examples: Path) -> None:
    report = json.loads(run(examples, "--output", "json")[1])
    assert report["broken"]
    for broken in report["broken"]:
        assert broken["location"]["line"] >= 1
        assert broken["message"]


def test_text_output_has_no_traceback_and_ends_with_a_summary(examples: Path) -> None:
    _, text = run(examples)
    assert "Traceback" not in text
    assert text.splitlines()[-1].startswith("265 objects in 248 files judged by 1 policy: ")
