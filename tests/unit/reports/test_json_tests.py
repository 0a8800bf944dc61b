"""What `polgate test` writes for programs, held against its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
  - {expression: "object.metadata.name != 'bad'", message: this is a bad name, reason: Forbidden}
"""

TESTS = """
apiVersion: polgate.io/v1alpha1
kind: PolicyTest
request: {object: {apiVersion: v1, kind: Pod, metadata: {name: bad}}}
cases:
- name: is not allowed
  want: allow
- name: is denied with another message
  want: {outcome: deny, policy: limits, binding: bound-by-default, validation: 0, message: other, reason: Invalid}
- name: is denied
  want: {outcome: deny, messageMatches: bad}
- name: is denied with a message of another pattern
  want: {outcome: deny, messageMatches: worse}
"""


def test_a_report_with_an_entry_of_every_sort_is_what_the_schema_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faults: Callable[[str, Any], list[str]],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "good.test.yaml").write_text(TESTS)
    (tmp_path / "empty.test.yaml").write_text("")
    (tmp_path / "misspelt.test.yaml").write_text(TESTS.replace("want: allow", "want: alow"))
    assert main(["test", "--output", "json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert faults("test-report.v1.schema.json", report) == []
    assert [case["passed"] for case in report["cases"]] == [False, False, True, False]
    assert [one["location"] for one in report["mistakes"]] == [
        {"path": "empty.test.yaml"},
        {"path": "misspelt.test.yaml", "line": 7, "column": 3},
    ]
