from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from policy_engine.cli.main import main

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: pol}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: ["*"], apiVersions: ["*"], operations: [CREATE], resources: ["*"]}
%s
"""
BINDING = """\
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: bind}
spec:
  policyName: pol
%s
"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p%s}\n"


class Runner:
    """Runs `polgate check` in a folder of its own."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.capsys = capsys

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def policy(self, expression: str, binding: str = "", more: str = "") -> None:
        text = POLICY % f"  validations: [{{expression: {json.dumps(expression)}}}]\n{more}"
        self.write("policies/pol.yaml", text + (BINDING % binding if binding else ""))

    def check(self, *arguments: str) -> tuple[int, str, str]:
        code = main(["check", *arguments, "--policies", "policies"])
        out, err = self.capsys.readouterr()
        return code, out, err

    def report(self, *arguments: str) -> Any:
        return json.loads(self.check(*arguments, "--output", "json")[1])


@pytest.fixture
def runner(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Runner:
    monkeypatch.chdir(tmp_path)
    return Runner(tmp_path, capsys)


def test_nothing_denied_is_0_and_something_denied_is_1(runner: Runner) -> None:
    runner.write("m/a.yaml", POD % "")
    runner.policy("true")
    assert runner.check("m")[0] == 0
    runner.policy("false")
    assert runner.check("m")[0] == 1


def test_a_broken_file_is_2_and_the_others_are_judged(runner: Runner) -> None:
    runner.write("m/a.yaml", "a: [")
    runner.write("m/b.yaml", POD % "")
    runner.policy("false")
    code, out, _ = runner.check("m")
    assert code == 2
    assert "m/a.yaml:1:5: broken [yaml-syntax]" in out
    assert "m/b.yaml:1:1: deny [pol] Pod default/p" in out


def test_a_policy_that_does_not_compile_is_2_with_its_line(runner: Runner) -> None:
    runner.write("m/a.yaml", POD % "")
    runner.policy("nope == 1")
    code, _, err = runner.check("m")
    assert code == 2
    assert "policies/pol.yaml:8:" in err
    assert "undeclared reference to 'nope'" in err


def test_no_policies_at_all_is_2(runner: Runner) -> None:
    runner.write("m/a.yaml", POD % "")
    runner.write("policies/other.yaml", POD % "")
    code, _, err = runner.check("m")
    assert code == 2
    assert "no ValidatingAdmissionPolicy found in `policies`" in err


def test_a_path_that_is_not_there_is_2(runner: Runner) -> None:
    runner.policy("true")
    code, out, _ = runner.check("missing")
    assert code == 2
    assert "missing: broken [file-unreadable] cannot be read: no such file or directory" in out


def test_unbound_policies_deny_and_the_output_says_so(runner: Runner) -> None:
    runner.write("m/a.yaml", POD % "")
    runner.policy("false")
    assert "1 policy without a binding, taken as bound to everything with Deny: pol" in runner.check("m")[1]


def test_a_binding_that_names_no_policy_is_told(runner: Runner) -> None:
    runner.write("m/a.yaml", POD % "")
    runner.policy("true", "  validationActions: [Warn]")
    text = (runner.folder / "policies/pol.yaml").read_text()
    runner.write("policies/pol.yaml", text.replace("policyName: pol", "policyName: poll"))
    code, out, _ = runner.check("m")
    assert code == 0
    assert "note: binding bind does nothing: policy poll is not among the policies given" in out
    assert runner.report("m")["idleBindings"] == [{"name": "bind", "policy": "poll"}]


def test_warnings_fail_only_where_asked(runner: Runner) -> None:
    runner.write("m/a.yaml", POD % "")
    runner.policy("false", "  validationActions: [Warn]")
    assert runner.check("m")[0] == 0
    assert runner.check("m", "--fail-on", "warn")[0] == 1


def test_policies_about_users_are_skipped_and_fail_only_when_strict(runner: Runner) -> None:
    runner.write("m/a.yaml", POD % "")
    runner.policy("request.userInfo.username == 'me'")
    code, out, _ = runner.check("m")
    assert code == 0
    assert "skipped: [pol] spec.validations[0].expression for 1 object: needs who asks" in out
    assert runner.check("m", "--strict")[0] == 1


def test_namespaces_among_the_manifests_give_labels(runner: Runner) -> None:
    runner.policy("namespaceObject.metadata.labels['team'] == 'web'")
    runner.write("m/a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: prod}\n")
    assert runner.report("m")["summary"]["skipped"] == 1
    runner.write("m/ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: prod, labels: {team: web}}\n")
    assert runner.report("m/a.yaml", "m/ns.yaml")["summary"]["skipped"] == 0


def test_namespace_labels_can_be_given(runner: Runner) -> None:
    runner.policy("namespaceObject.metadata.labels['team'] == 'web'")
    runner.write("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: prod}\n")
    assert runner.check("a.yaml", "--namespace-labels", "prod=team=web,tier=a=b")[0] == 0
    assert runner.check("a.yaml", "--namespace-labels", "prod=team=ops")[0] == 1
    runner.write("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: prod, labels: {team: web}}\n")
    assert runner.check("a.yaml", "--namespace-labels", "ns.yaml")[0] == 0


def test_namespaces_have_the_label_that_the_server_sets(runner: Runner) -> None:
    runner.policy("namespaceObject.metadata.labels['kubernetes.io/metadata.name'] == 'prod'")
    runner.write("a.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: prod}\n")
    assert runner.check("a.yaml", "--namespace-labels", "prod=team=web")[0] == 0


@pytest.mark.parametrize("value", ["prod=team", "=a=b", "missing.yaml"])
def test_namespace_labels_that_make_no_sense_are_2(runner: Runner, value: str) -> None:
    runner.policy("true")
    runner.write("a.yaml", POD % "")
    code, _, err = runner.check("a.yaml", "--namespace-labels", value)
    assert code == 2
    assert "--namespace-labels" in err


def test_definitions_among_the_manifests_give_resources(runner: Runner) -> None:
    rule = 'resourceRules:\n    - {apiGroups: [x.io], apiVersions: ["*"], operations: [CREATE], resources: [oxen]}'
    text = POLICY % "  validations: [{expression: 'false'}]"
    runner.write(
        "policies/pol.yaml",
        text.replace(text[text.index("resourceRules") : text.index("  validations")], rule + "\n"),
    )
    runner.write("m/ox.yaml", "apiVersion: x.io/v1\nkind: Ox\nmetadata: {name: a}\n")
    assert runner.check("m")[0] == 0
    runner.write(
        "m/crd.yaml",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: oxen.x.io}\n"
        "spec: {group: x.io, scope: Cluster, names: {kind: Ox, plural: oxen},"
        " versions: [{name: v1, served: true}]}\n",
    )
    report = runner.report("m")
    assert [f["object"]["namespace"] for f in report["findings"]] == [""]


def params_policy(runner: Runner) -> None:
    runner.policy(
        "object.metadata.name.startsWith(params.data.prefix)",
        "  validationActions: [Deny]\n"
        "  paramRef: {name: limits, namespace: default, parameterNotFoundAction: Deny}",
        "  paramKind: {apiVersion: v1, kind: ConfigMap}\n",
    )


def test_params_that_nobody_gave_are_not_guessed(runner: Runner) -> None:
    params_policy(runner)
    runner.write("a.yaml", POD % "")
    code, out, _ = runner.check("a.yaml")
    assert code == 0
    assert "no ConfigMap (v1) was given with --params" in out


def test_params_can_be_given(runner: Runner) -> None:
    params_policy(runner)
    runner.write("a.yaml", POD % "")
    limits = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: limits, namespace: default}\ndata: {prefix: %s}\n"
    runner.write("params.yaml", limits % "p")
    assert runner.check("a.yaml", "--params", "params.yaml")[0] == 0
    runner.write("params.yaml", limits % "q")
    assert runner.check("a.yaml", "--params", "params.yaml")[0] == 1


def test_standard_input_is_read(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    runner.policy("false")
    stdin = SimpleNamespace(buffer=io.BytesIO((POD % "").encode()), isatty=lambda: False)
    monkeypatch.setattr(sys, "stdin", stdin)
    assert "<stdin>:1:1: deny [pol]" in runner.check("-")[1]


def test_the_output_can_go_to_a_file(runner: Runner) -> None:
    runner.policy("false")
    runner.write("a.yaml", POD % "")
    code, out, _ = runner.check("a.yaml", "--output", "json", "--output-file", "out.json")
    assert (code, out) == (1, "")
    assert json.loads((runner.folder / "out.json").read_text())["version"] == 1


def test_the_output_file_of_a_dash_is_standard_output(runner: Runner) -> None:
    runner.policy("false")
    runner.write("a.yaml", POD % "")
    assert "a.yaml:1:1: deny [pol]" in runner.check("a.yaml", "--output-file", "-")[1]
    assert not (runner.folder / "-").exists()


def test_an_older_kubernetes_has_fewer_functions(runner: Runner) -> None:
    runner.policy("isSemver('1.0.0')")
    runner.write("a.yaml", POD % "")
    assert runner.check("a.yaml")[0] == 0
    assert runner.check("a.yaml", "--kube-version", "1.30")[0] == 2


def test_several_processes_write_what_one_writes(runner: Runner) -> None:
    runner.policy("object.metadata.name != 'p7'")
    for number in range(40):
        runner.write(f"m/{number}.yaml", POD % number + f"data: {'x' * 20_000}\n")
    runner.write("m/broken.yaml", "a: [")
    command = [sys.executable, "-m", "policy_engine", "check", "m", "--policies", "policies", "--jobs"]
    outputs = [
        subprocess.run([*command, jobs], capture_output=True, text=True, cwd=runner.folder, check=False)
        for jobs in ("1", "3")
    ]
    assert outputs[0].stdout == outputs[1].stdout
    assert [done.returncode for done in outputs] == [2, 2]
    assert "m/7.yaml:3:" in outputs[0].stdout


@pytest.mark.parametrize(
    ("variables", "colored"),
    [
        ({}, True),
        ({"TERM": "xterm"}, True),
        ({"TERM": "dumb"}, False),
        ({"NO_COLOR": "1"}, False),
        ({"NO_COLOR": ""}, True),
    ],
)
def test_colour_is_for_terminals_whose_users_want_it(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], colored: bool
) -> None:
    runner.policy("false")
    runner.write("p.yaml", POD % "")
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert ("\x1b[" in runner.check("p.yaml")[1]) is colored


def test_a_closed_standard_output_is_2_without_a_traceback(runner: Runner) -> None:
    runner.policy("true")
    runner.write("p.yaml", POD % "")
    command = f"{sys.executable} -m policy_engine check p.yaml --policies policies >&-"
    done = subprocess.run(["sh", "-c", command], cwd=runner.folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (2, "")
