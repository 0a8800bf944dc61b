"""`--output FORMAT[=FILE]`, as `polgate check` takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_engine.cli.main import main
from policy_engine.cli.terminal import complain

POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: no-pods}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]
  validations:
  - expression: "false"
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "p.yaml").write_text(POLICY)
    (tmp_path / "a.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")


def check(*options: str) -> int:
    return main(["check", "a.yaml", "--policies", "p.yaml", *options])


def test_several_outputs_are_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--output", "sarif=a.sarif", "--output", "text", "--output", "junit=a.xml") == 1
    assert capsys.readouterr().out.startswith("a.yaml:1:1: deny [no-pods] Pod default/a\n")
    assert len(json.loads(Path("a.sarif").read_text())["runs"][0]["results"]) == 1
    assert "<failure " in Path("a.xml").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--output", "txt"], "error: no output format `txt`\nhelp: did you mean `text`?\n"),
        (
            ["--output", "json=no/a.json"],
            "error: no folder `no` to write `a.json` to\nhelp: make the folder first\n",
        ),
        (
            ["--output", "json=a.json", "--output-file", "b.json"],
            "error: `--output-file` is for one output without a file of its own\n"
            "help: write `--output json=FILE`\n",
        ),
    ],
)
def test_outputs_that_cannot_be_are_refused_before_the_work(
    options: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(*options) == 2
    assert capsys.readouterr() == ("", message)


def test_a_file_that_cannot_be_written_leaves_the_other_output_and_fails(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("a" * 250).mkdir()
    assert check("--output", f"json={'a' * 250}/{'b' * 300}", "--output", "text") == 2
    out, error = capsys.readouterr()
    assert "deny [no-pods]" in out
    assert "file name too long" in error


def test_an_error_message_starts_no_command_of_a_ci_system(capsys: pytest.CaptureFixture[str]) -> None:
    complain("error: `a\n::set-env name=A::b` ##[add-mask]x")
    assert capsys.readouterr().err == "error: `a\n\\x3a:set-env name=A::b` #\\x23[add-mask]x\n"
