"""The shipped Pod Security policies beside Kubernetes' own fixtures for the standard."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.admission import (
    Binding,
    Context,
    NamespaceTable,
    ParamTable,
    Policy,
    PolicySet,
    request_from_manifest,
    review,
)

LIBRARY = Path(__file__).parents[2] / "policies" / "pod-security"
LEVELS = {"baseline": ("baseline",), "restricted": ("baseline", "restricted")}
LATEST = "v1.37"
CURRENT = {"v1.33", LATEST}

# What the standard changed later, and the older fixtures that it explains: (versions, level, kind, wanted).
LATER_CHANGES: dict[str, list[tuple[tuple[str, ...], str, str, str]]] = {
    "1.35 lets Pods with a user namespace of their own unmask /proc": [
        (("v1.0", "v1.19", "v1.24", "v1.25"), "baseline", "procmount", "denied"),
    ],
    "1.19 replaced the seccomp annotations by fields": [
        (("v1.0",), "baseline", "seccompprofile_baseline", "denied"),
    ],
    "1.19 made restricted demand a seccomp profile, 1.22 that ALL capabilities are dropped, 1.8 that "
    "privilege escalation is forbidden": [
        (("v1.0", "v1.19"), "restricted", kind, "allowed")
        for kind in (
            "apparmorprofile",
            "base",
            "capabilities_baseline",
            "hostports",
            "privileged",
            "procmount",
            "restrictedvolumes",
            "runasnonroot",
            "seccompprofile_baseline",
            "seccompprofile_restricted",
            "selinuxoptions",
            "sysctls",
        )
    ],
}
EXPLAINED = {
    (version, level, kind, want)
    for rows in LATER_CHANGES.values()
    for versions, level, kind, want in rows
    for version in versions
}


def fixtures(suites: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(suites / "psa" / "pods.jsonl.gz", "rt") as lines:
        yield from map(json.loads, lines)


@lru_cache
def policies(level: str, version: str) -> PolicySet:
    """Give the policies of a level, bound to one version of the standard as a cluster would pin it."""
    loaded = [
        Policy.decode(yaml.safe_load((folder / "policy.yaml").read_text()))
        for folder in sorted(LIBRARY.iterdir())
        if folder.is_dir() and folder.name.split("-")[0] in LEVELS[level]
    ]
    pin = {"name": "standard", "namespace": "policies", "parameterNotFoundAction": "Deny"}
    bindings = [
        Binding.decode(
            {
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": "ValidatingAdmissionPolicyBinding",
                "metadata": {"name": policy.name},
                "spec": {"policyName": policy.name, "validationActions": ["Deny"]}
                | ({"paramRef": pin} if policy.param_kind and version != LATEST else {}),
            }
        )
        for policy in loaded
    ]
    return PolicySet.compile(loaded, bindings)


def judged(fixture: dict[str, Any]) -> str:
    version = fixture["version"] if fixture["version"] in CURRENT else LATEST
    pin = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "standard", "namespace": "policies"},
        "data": {"version": version},
    }
    context = Context(
        namespaces=NamespaceTable({"default": {"metadata": {"name": "default"}}}), params=ParamTable.of([pin])
    )
    verdict = review(policies(fixture["level"], version), request_from_manifest(fixture["pod"]), context)
    return "allowed" if verdict.wire.allowed else "denied"


def kind(fixture: dict[str, Any]) -> str:
    return re.sub(r"\d+$", "", fixture["id"].rsplit("/", 1)[-1])


@pytest.mark.parametrize("version", sorted(CURRENT))
def test_judges_every_fixture_of_the_current_standard_right(suites: Path, version: str) -> None:
    current = [fixture for fixture in fixtures(suites) if fixture["version"] == version]
    wrong = [fixture["id"] for fixture in current if judged(fixture) != fixture["want"]]
    assert len(current) > 100
    assert wrong == []


def test_judges_older_fixtures_otherwise_only_where_the_standard_has_changed(suites: Path) -> None:
    otherwise = {
        (fixture["version"], fixture["level"], kind(fixture), fixture["want"])
        for fixture in fixtures(suites)
        if fixture["version"] not in CURRENT and judged(fixture) != fixture["want"]
    }
    assert otherwise <= EXPLAINED, sorted(otherwise - EXPLAINED)
