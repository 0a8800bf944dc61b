"""What `polgate lint` writes for programs, held against its schema."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
  - expression: objet.metadata.name == 'a'
"""


def test_a_report_with_an_entry_of_every_sort_is_what_the_schema_says(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faults: Callable[[str, Any], list[str]],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.yaml").write_text(POLICY)
    (tmp_path / "double.yaml").write_text("kind: A\nkind: B\n")
    assert main(["lint", "nowhere.yaml", "double.yaml", "policy.yaml", "--output", "json"]) == 2
    report = json.loads(capsys.readouterr().out)
    assert faults("lint-report.v1.schema.json", report) == []
    assert report["summary"] == {"policies": 1, "findings": 1, "broken": 2}
    assert [one["location"] for one in report["broken"]] == [
        {"path": "nowhere.yaml"},
        {"path": "double.yaml", "line": 2, "column": 1},
    ]
    (finding,) = report["findings"]
    assert finding["help"] == "did you mean `object`?"
