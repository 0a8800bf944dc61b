"""Policies and bindings with one thing changed, and what the API server says of them."""

from __future__ import annotations

import copy
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.admission.validation import FieldError, validate_binding, validate_policy

CASES = Path(__file__).resolve().parents[3] / "cases" / "validation"

GOOD = {
    "policy": {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "limits.example.com"},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": ["apps"],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["deployments"],
                    }
                ]
            },
            "validations": [{"expression": "object.spec.replicas <= 5"}],
        },
    },
    "binding": {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "limits.example.com"},
        "spec": {"policyName": "limits.example.com", "validationActions": ["Deny"]},
    },
}


def all_cases() -> list[Any]:
    files = sorted(CASES.glob("*.yaml"))
    assert files, f"no cases in {CASES}"
    return [
        pytest.param(case, id=f"{file.stem}/{case['id']}")
        for file in files
        for case in yaml.safe_load(file.read_text())
    ]


def steps(path: str) -> list[str | int]:
    found = re.findall(r"\[(\d+)\]|([^.\[\]]+)", path)
    return [int(index) if index else name for index, name in found]


def document(case: dict[str, Any]) -> dict[str, Any]:
    """Build what a case is about: a good document, changed."""
    made = copy.deepcopy(GOOD[case["kind"]])
    for path, value in case.get("change", {}).items():
        put(made, steps(path), value)
    for path in case.get("remove", ()):
        *before, last = steps(path)
        inner: Any = made
        for step in before:
            inner = inner[step]
        del inner[last]
    return made


def put(inner: Any, path: list[str | int], value: Any) -> None:
    for step, following in pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(step, int):
            if step == len(inner):
                inner.append(empty)
        else:
            inner.setdefault(step, empty)
        inner = inner[step]
    if isinstance(inner, list) and path[-1] == len(inner):
        inner.append(value)
    else:
        inner[path[-1]] = value


def validate(made: dict[str, Any]) -> list[FieldError]:
    function = validate_policy if made["kind"] == "ValidatingAdmissionPolicy" else validate_binding
    return function(made, version="1.36")


@pytest.mark.parametrize("case", all_cases())
def test_says_what_the_api_server_says(case: dict[str, Any]) -> None:
    assert case.keys() <= {"id", "note", "kind", "change", "remove", "want"}
    assert [error.message for error in validate(document(case))] == case["want"], case["note"]


@pytest.mark.parametrize("case", all_cases())
def test_a_document_is_not_changed_by_validating_it(case: dict[str, Any]) -> None:
    made = document(case)
    before = copy.deepcopy(made)
    validate(made)
    assert made == before
