"""`polgate review`: AdmissionReviews, and batches of cases."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from policy_engine.cli.main import main

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-bad}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
  - {expression: "object.metadata.name != 'bad'", message: a bad name}
"""


def admission_review(name: str) -> dict[str, Any]:
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "u-1",
            "operation": "CREATE",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "name": name,
            "namespace": "default",
            "userInfo": {"username": "alice"},
            "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "default"}},
        },
    }


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)
    for name in ("good", "bad"):
        (tmp_path / f"{name}.json").write_text(json.dumps(admission_review(name)))
    return tmp_path


def test_an_allowed_request_is_answered_and_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "good.json", "-p", "policy.yaml"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {"uid": "u-1", "allowed": True},
    }


def test_a_denied_request_is_answered_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["review", "bad.json", "--policies", "policy.yaml"]) == 1
    response = json.loads(capsys.readouterr().out)["response"]
    assert (response["uid"], response["allowed"], response["status"]["code"]) == ("u-1", False, 422)
    assert response["status"]["message"] == (
        "ValidatingAdmissionPolicy 'no-bad' with binding 'bound-by-default' denied request: a bad name"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["good.json", "--batch"], "--batch takes everything from its cases"),
        (["good.json"], "name a FILE and --policies, or use --batch"),
        (["good.json", "--policies", "good.json"], "no ValidatingAdmissionPolicy found in `good.json`"),
        (["policy.yaml", "--policies", "policy.yaml"], "expected AdmissionReview (admission.k8s.io/v1), found"),
        (["nope.json", "--policies", "policy.yaml"], "nope.json: cannot be read: no such file or directory"),
    ],
)
def test_what_cannot_be_reviewed_exits_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_a_batch_is_answered_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    case = {
        "id": "one",
        "policy": {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingAdmissionPolicy",
            "metadata": {"name": "p"},
            "spec": {
                "matchConstraints": {
                    "resourceRules": [
                        {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
                    ]
                },
                "validations": [{"expression": "false", "message": "no"}],
            },
        },
        "bindings": [{"metadata": {"name": "b"}, "spec": {"policyName": "p", "validationActions": ["Deny"]}}],
        "request": {
            "operation": "CREATE",
            "group": "",
            "version": "v1",
            "kind": "Pod",
            "resource": "pods",
            "namespace": "default",
            "name": "x",
            "object": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "x"}},
        },
    }
    sent = "".join(json.dumps(one) + "\n" for one in (case, {"id": "two"}, 3)).encode()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(sent)))
    assert main(["review", "--batch"]) == 0
    one, two, three = [json.loads(line) for line in capsysbinary.readouterr().out.splitlines()]
    assert (one["id"], one["denied"], one["code"]) == ("one", True, 422)
    assert one["message"] == (
        "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no"
    )
    assert (two["id"], two["stage"]) == ("two", "input")
    assert (three["id"], three["stage"]) == (None, "input")


def test_a_namespace_beside_the_policies_has_the_label_that_the_server_adds(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    selector = "    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: default}}\n    resourceRules"
    namespace = "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: default}\n"
    (folder / "policy.yaml").write_text(POLICY.replace("    resourceRules", selector) + namespace)
    assert main(["review", "bad.json", "--policies", "policy.yaml"]) == 1
    assert "a bad name" in capsys.readouterr().out


def test_a_batch_is_judged_with_the_functions_of_the_kubernetes_version(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    rule = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
    case = {
        "policy": {
            "metadata": {"name": "p"},
            "spec": {
                "matchConstraints": {"resourceRules": [rule]},
                "validations": [{"expression": "isSemver('1.0.0')"}],
            },
        },
        "bindings": [{"metadata": {"name": "b"}, "spec": {"policyName": "p", "validationActions": ["Deny"]}}],
        "request": {"operation": "CREATE", "version": "v1", "resource": "pods", "kind": "Pod"},
    }
    for options, denied in (((), False), (("--kube-version", "1.30"), True)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps(case).encode())))
        assert main(["review", "--batch", *options]) == 0
        assert json.loads(capsysbinary.readouterr().out)["denied"] is denied
