"""The cases of tests/cases/admission: a policy, a request, and what the API server would say.

A case is a short form of what `review_case` takes. `spec` is laid over a policy `pol` that matches everything,
each of `bindings` over a binding `bind` with Deny, `request` over the CREATE of a Pod `p` in `default`. `want`
holds fields of the answer; `says` is what follows `denied request:` in the message.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.authoring.review_batch import review_case

CASES = Path(__file__).resolve().parents[2] / "cases" / "admission"

EVERYTHING = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*", "*/*"]}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "default", "labels": {"app": "web"}},
    "spec": {"containers": [{"name": "c", "image": "nginx:1.0"}]},
}
REQUEST = {
    "operation": "CREATE",
    "group": "",
    "version": "v1",
    "kind": "Pod",
    "resource": "pods",
    "namespace": "default",
    "name": "p",
    "userInfo": {"username": "alice", "groups": ["dev"]},
    "object": POD,
}
NAMESPACES = [
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default", "labels": {"env": "prod"}}},
    {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other", "labels": {"env": "dev"}}},
]
SURROUNDINGS = ("params", "paramScope", "authz")
CASE_KEYS = {"note", "spec", "policies", "bindings", "namespaces", "request", "want", *SURROUNDINGS}
WANT_KEYS = {"matched", "denied", "code", "reason", "message", "says", "warnings", "audit", "decisions"}


def _cases() -> Iterator[Any]:
    for path in sorted(CASES.glob("*.yaml")):
        for index, case in enumerate(yaml.safe_load(path.read_text())):
            yield pytest.param(case, id=f"{path.stem}-{index}-{case['note'].replace(' ', '-')}")


def _policy(name: str, spec: dict[str, Any]) -> dict[str, Any]:
    full = {"matchConstraints": {"resourceRules": [EVERYTHING]}, **spec}
    return {"metadata": {"name": name}, "spec": {key: value for key, value in full.items() if value is not None}}


def _binding(written: dict[str, Any]) -> dict[str, Any]:
    name = written.get("name", "bind")
    spec = {"policyName": "pol", "validationActions": ["Deny"]} | {k: v for k, v in written.items() if k != "name"}
    return {"metadata": {"name": name}, "spec": spec}


def _full(case: dict[str, Any]) -> dict[str, Any]:
    full: dict[str, Any] = {
        "id": case["note"],
        "bindings": [_binding(binding) for binding in case.get("bindings", [{}])],
        "namespaces": case.get("namespaces", NAMESPACES),
        "request": REQUEST | case.get("request", {}),
    }
    if "policies" in case:
        full["policies"] = [_policy(name, spec) for name, spec in case["policies"].items()]
    else:
        full["policy"] = _policy("pol", case.get("spec", {}))
    return full | {key: case[key] for key in SURROUNDINGS if key in case}


@pytest.mark.parametrize("case", list(_cases()))
def test_case_is_judged_as_the_api_server_does(case: dict[str, Any]) -> None:
    assert case.keys() <= CASE_KEYS, "a misspelt key would go unnoticed"
    want = dict(case.get("want", {}))
    assert want, "expected one of: " + ", ".join(sorted(WANT_KEYS))
    assert want.keys() <= WANT_KEYS
    answer = review_case(_full(case))
    answer["audit"] = answer.pop("auditAnnotations")
    answer["says"] = (answer["message"] or "").partition(" denied request: ")[2]
    if "says" in want:
        want.setdefault("denied", True)
    assert {key: answer[key] for key in want} == want
