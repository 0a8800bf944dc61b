"""The published JSON schema and the reading of test files accept the same."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import yaml
from _pytest.mark import ParameterSet

from policy_engine.authoring.fields import Problem
from policy_engine.authoring.testing.decode import decode

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = ROOT / "docs" / "schemas" / "policytest.v1alpha1.schema.json"
VALIDATOR = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
OBJECT = {"apiVersion": "v1", "kind": "Pod"}
WANT = {"outcome": "deny", "policy": "p", "binding": "b", "validation": 0, "message": "m", "reason": "Invalid"}
REQUEST = {
    "operation": "UPDATE",
    "object": {
        "base": "pod",
        "patch": [{"op": "add", "path": "/x", "value": None}, {"op": "remove", "path": "/x"}],
    },
    "oldObject": {"file": "a.yaml", "document": 1},
    "kind": {"group": "", "version": "v1", "kind": "Pod"},
    "resource": {"group": "", "version": "v1", "resource": "pods"},
    "subresource": "status",
    "namespace": "n",
    "name": "p",
    "namespaceLabels": {"a": "b"},
    "userInfo": {"username": "u", "uid": "1", "groups": ["g"], "extra": {"k": ["v"]}},
    "options": {},
    "dryRun": True,
}
RULE = {"verb": "get", "apiGroup": "", "resource": "pods", "namespace": "*", "decision": "allow", "reason": "r"}
FULL: dict[str, Any] = {
    "apiVersion": "polgate.io/v1alpha1",
    "kind": "PolicyTest",
    "metadata": {"name": "t"},
    "policies": ["a.yaml"],
    "kubernetesVersion": "1.30",
    "objects": {"pod": OBJECT, "other": "pod", "none": None},
    "params": [OBJECT, "pod", {"file": "p.yaml"}],
    "namespaces": [OBJECT],
    "request": REQUEST,
    "authorizer": [RULE],
    "cases": [
        {"name": "a", "want": "allow"},
        {
            "name": "b",
            "request": {"review": OBJECT, "namespaceLabels": {}},
            "policies": ["p"],
            "params": [],
            "authorizer": "deny",
            "want": [WANT, "error", {"outcome": "skip", "messageMatches": "x", "validation": "text"}],
        },
    ],
}


def accepts(document: Any) -> bool:
    """Read a document as `polgate test` does."""
    problems: list[Problem] = []
    return decode(document, problems) is not None and not problems


def changed(path: str, value: Any) -> Any:
    """Give the full document with another value at a path; `...` removes it."""
    document = json.loads(json.dumps(FULL))
    *parents, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    place = document
    for step in parents:
        place = place[step]
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return document


def test_a_file_with_every_field_is_accepted_by_both() -> None:
    assert list(VALIDATOR.iter_errors(FULL)) == []
    assert accepts(FULL)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("apiVersion", "polgate.io/v1"),
        ("kind", "PolicyTests"),
        ("cases", []),
        ("cases", ...),
        ("cases.0", "a"),
        ("cases.0.name", ...),
        ("cases.0.want", ...),
        ("cases.0.want", "allowed"),
        ("cases.0.want", []),
        ("cases.0.want", {"policy": "p"}),
        ("cases.0.want", {"outcome": "deny", "msg": "x"}),
        ("cases.0.want", {"outcome": "deny", "message": "x", "messageMatches": "x"}),
        ("cases.0.want", {"outcome": "deny", "validation": True}),
        ("cases.0.wants", "allow"),
        ("policies", []),
        ("policies", "a.yaml"),
        ("policies", [1]),
        ("kubernetesVersion", 1.3),
        ("kubernetesVersion", "newest"),
        ("objects.pod", 1),
        ("request.operation", "PATCH"),
        ("request.object", {"base": "a", "file": "b"}),
        ("request.object", {"base": "a", "document": 1}),
        ("request.object", {"file": "a", "document": 0}),
        ("request.object", {"base": "a", "patch": [{"op": "set", "path": "/x"}]}),
        ("request.object", {"base": "a", "patch": [{"op": "remove"}]}),
        ("request.object", {"base": "a", "patch": [{"op": "add", "path": "/x", "val": 1}]}),
        ("request.kind.resource", "x"),
        ("request.resource.kind", "x"),
        ("request.namespaceLabels.a", 1),
        ("request.userInfo.name", "x"),
        ("request.userInfo.groups", "g"),
        ("request.dryRun", "yes"),
        ("request.user", {}),
        ("authorizer", "maybe"),
        ("authorizer.0.decision", ...),
        ("authorizer.0.decision", "no"),
        ("authorizer.0.group", "x"),
        ("policy", "a.yaml"),
    ],
)
def test_what_is_wrong_is_refused_by_both(path: str, value: Any) -> None:
    document = changed(path, value)
    assert not VALIDATOR.is_valid(document)
    assert not accepts(document)


def written_tests() -> Iterator[ParameterSet]:
    """Give all test files of the repository, and those in the documentation."""
    for page in sorted((ROOT / "docs").rglob("*.md")):
        for name, text in re.findall(
            r"^```yaml file=(\S+)\n(.*?)^```$", page.read_text(), re.MULTILINE | re.DOTALL
        ):
            if name.endswith(".test.yaml"):
                yield pytest.param(text, id=f"{page.name}:{name}")
    for file in sorted((ROOT / "policies").rglob("*.test.yaml")):
        yield pytest.param(file.read_text(), id=str(file.relative_to(ROOT)))


@pytest.mark.parametrize("text", list(written_tests()))
def test_every_test_file_there_is_fits_the_schema(text: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(yaml.safe_load(text))] == []
