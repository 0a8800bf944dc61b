"""`polgate lint`: exit codes and outputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_engine.cli.main import main

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: p}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
  - expression: object.metadata.name == 'a'
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "both").mkdir()
    (tmp_path / "good.yaml").write_text(POLICY)
    (tmp_path / "both" / "good.yaml").write_text(POLICY)
    for path in ("bad.yaml", "both/bad.yaml"):
        (tmp_path / path).write_text(POLICY.replace("{name: p}", "{name: q}").replace("object.", "objet."))
    return tmp_path


def test_nothing_found_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "good.yaml"]) == 0
    assert capsys.readouterr().out == "1 policy or binding: 0 findings\n"


def test_a_finding_exits_with_1_and_shows_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "both"]) == 1
    assert capsys.readouterr().out == (
        "both/bad.yaml:8:17: spec.validations[0].expression: undeclared reference to 'objet' (in container '')\n"
        "      - expression: objet.metadata.name == 'a'\n"
        "                    ^\n"
        "    help: did you mean `object`?\n"
        "\n"
        "2 policies and bindings: 1 finding\n"
    )


def test_a_file_that_cannot_be_read_exits_with_2_and_the_others_are_still_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "both" / "broken.yaml").write_text("a: [1\n")
    assert main(["lint", "both"]) == 2
    told = capsys.readouterr()
    assert "broken.yaml:" in told.err
    assert "bad.yaml:8:17" in told.out


def test_no_policies_at_all_exits_with_2(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n")
    assert main(["lint", "pod.yaml"]) == 2
    assert capsys.readouterr().err == (
        "error: no ValidatingAdmissionPolicy and no ValidatingAdmissionPolicyBinding found in `pod.yaml`\n"
        "help: name files or folders that hold some\n"
    )


def test_json_holds_place_and_the_api_servers_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "bad.yaml", "--output", "json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["summary"] == {"policies": 1, "findings": 1, "broken": 0}
    (finding,) = told["findings"]
    assert finding["location"] == {"path": "bad.yaml", "line": 8, "column": 17}
    assert (finding["kind"], finding["name"]) == ("ValidatingAdmissionPolicy", "q")
    assert finding["server"].startswith('spec.validations[0].expression: Invalid value: "objet.metadata.name')


@pytest.mark.parametrize("version", ["1.37", "1.25", "2", "latest", "1"])
def test_a_kubernetes_version_that_is_not_known_is_refused(
    version: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["lint", ".", "--kube-version", version]) == 2
    assert f"expected a Kubernetes version from 1.26 to 1.36, found `{version}`" in capsys.readouterr().err


def test_a_version_may_be_written_as_clusters_print_it() -> None:
    assert main(["lint", "good.yaml", "--kube-version", "v1.31.4"]) == 0
