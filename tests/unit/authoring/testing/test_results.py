"""The results of test files, as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_engine.cli.main import main

POLICY = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: limits}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"]}]
  validations:
  - {expression: "object.metadata.name != 'bad'", message: this is a bad name}
"""

TESTS = """
apiVersion: polgate.io/v1alpha1
kind: PolicyTest
request: {object: {apiVersion: v1, kind: Pod, metadata: {name: NAME}}}
cases:
- {name: is allowed, want: allow}
- {name: is denied, want: {outcome: deny, message: this is another name}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "good.test.yaml").write_text(TESTS.replace("NAME", "good"))
    (tmp_path / "bad.test.yaml").write_text(TESTS.replace("NAME", "bad"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_failure_shows_wanted_and_found_side_by_side(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-k", "bad.test.yaml is denied"]) == 1
    assert capsys.readouterr().out == (
        "FAIL  bad.test.yaml:7: is denied\n"
        "                  wanted                                          found\n"
        "      outcome     deny                                            deny\n"
        "      policy                                                      limits\n"
        "      validation                                                  0\n"
        "      message     this is another name                            this is a bad name\n"
        "      looked through 1 decision, 1 left after outcome deny, 0 left after this message\n"
        "\n"
        "4 cases in 2 files, 1 after -k `bad.test.yaml is denied`: 0 passed, 1 failed\n"
    )


def test_json_holds_every_case_that_was_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "--output", "json", "-k", "allowed"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["version"] == 1
    assert found["filter"] == "allowed"
    assert found["summary"] == {
        "files": 2,
        "brokenFiles": 0,
        "cases": 4,
        "selected": 2,
        "passed": 1,
        "failed": 1,
    }
    bad, good = found["cases"]
    assert bad["location"] == {"path": "bad.test.yaml", "line": 6, "column": 3}
    assert bad["passed"] is False
    assert bad["differences"][0]["wanted"] == {"outcome": "allow"}
    assert bad["differences"][0]["found"]["message"] == "this is a bad name"
    assert (good["name"], good["passed"], good["differences"]) == ("is allowed", True, [])
    assert found["mistakes"] == []


def test_passing_cases_are_shown_only_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "good.test.yaml", "-k", "allowed"]) == 0
    assert capsys.readouterr().out == "2 cases in 1 file, 1 after -k `allowed`: 1 passed, 0 failed\n"
    assert main(["test", "good.test.yaml", "-k", "allowed", "-v"]) == 0
    assert "ok    good.test.yaml:6: is allowed\n" in capsys.readouterr().out


def test_a_filter_that_selects_nothing_is_no_pass(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["test", "-k", "alowed"]) == 2
    assert "-k `alowed` selects none of 4 cases" in capsys.readouterr().err


def test_mistakes_are_told_and_exit_with_2_even_where_all_else_passes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.test.yaml").write_text(TESTS.replace("want: allow", "want: alow"))
    assert main(["test", "-k", "is allowed"]) == 2
    out = capsys.readouterr().out
    assert "ERROR bad.test.yaml:6:22: unknown outcome `alow`" in out
    assert "help: did you mean `allow`?" in out
    assert "1 passed, 0 failed, 1 file with mistakes" in out


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere", "error: `nowhere`: no such file or folder\n"),
        ("empty", "error: `empty`: no test files found\nhelp: their names end with .test.yaml or .test.yml\n"),
    ],
)
def test_a_path_without_tests_is_no_pass(
    path: str, message: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    assert main(["test", path]) == 2
    assert capsys.readouterr().err == message


def test_control_characters_of_a_file_never_reach_a_terminal(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.test.yaml").write_text(TESTS.replace("is denied", '"\\e]0;title\\a"'))
    assert main(["test"]) == 1
    assert "\\x1b]0;title\\x07" in capsys.readouterr().out
