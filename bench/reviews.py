"""What a server is measured by: a review of 5 KB, and policies of which each one is about it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.workload import EXPRESSIONS, REQUEST, VARIABLES, deployment, pod

LIBRARY = Path(__file__).resolve().parent.parent / "policies" / "pod-security"
PATH = "/validate?timeout=10s"  # as an API server asks
UID = str(uuid.UUID(int=0x2026_1120))
_API_VERSION = "admissionregistration.k8s.io/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """Reviews, and policies about them.

    reason: part of the message by which the bad object is denied; make: gives any number of policies.
    """

    name: str
    good: dict[str, Any]
    bad: dict[str, Any]
    reason: str
    make: Callable[[int], list[dict[str, Any]]]

    def write(self, folder: Path, count: int) -> Path:
        """Write policies and their bindings into a folder, one file each."""
        folder.mkdir(parents=True, exist_ok=True)
        documents = self.make(count)
        for document in [*documents, *bindings(documents)]:
            name = f"{document['metadata']['name']}.{document['kind']}.yaml".lower()
            (folder / name).write_text(json.dumps(document, indent=1))
        return folder


def review_of(created: dict[str, Any]) -> bytes:
    """Give the review of an object that somebody creates, as an API server writes it."""
    group, _, version = created["apiVersion"].rpartition("/")
    kind = {"group": group, "version": version, "kind": created["kind"]}
    resource = {"group": group, "version": version, "resource": f"{created['kind'].lower()}s"}
    request = {
        "uid": UID,
        "kind": kind,
        "resource": resource,
        "requestKind": kind,
        "requestResource": resource,
        "name": created["metadata"]["name"],
        "namespace": created["metadata"]["namespace"],
        "operation": "CREATE",
        "userInfo": {
            "username": "system:serviceaccount:gitops:deployer",
            "uid": "73d2d0a1-5d3b-4d0e-9df0-8a1a6c0e2b11",
            "groups": ["system:serviceaccounts", "system:serviceaccounts:gitops", "system:authenticated"],
        },
        "object": created,
        "oldObject": None,
        "dryRun": False,
        "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
    }
    review = {"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1", "request": request}
    return json.dumps(review, separators=(",", ":")).encode()


def bindings(documents: list[dict[str, Any]], **match: Any) -> list[dict[str, Any]]:
    """Bind each policy, with Deny; match: as `matchResources` has it, everything if empty."""
    return [
        {
            "apiVersion": _API_VERSION,
            "kind": "ValidatingAdmissionPolicyBinding",
            "metadata": {"name": document["metadata"]["name"]},
            "spec": {
                "policyName": document["metadata"]["name"],
                "validationActions": ["Deny"],
                **({"matchResources": match} if match else {}),
            },
        }
        for document in documents
    ]


def _team_policies(count: int) -> list[dict[str, Any]]:
    """Give the expressions of `bench.workload`, in the same shares, each as a policy."""
    library = [_team_policy(number, name) for number, name in enumerate(REQUEST)]
    return [_copy(library[n % len(library)], n // len(library)) for n in range(count)]


def _team_policy(number: int, name: str) -> dict[str, Any]:
    if name == "message":
        validation = {"expression": "variables.foreign.size() == 0", "messageExpression": EXPRESSIONS[name]}
    else:
        validation = {"expression": EXPRESSIONS[name], "message": f"{name} does not hold"}
    used = [variable for variable in VARIABLES if f"variables.{variable}" in str(validation)]
    wanted = [*VARIABLES] if "foreign" in used else used  # which is made of the others
    # Each in other words: what has been compiled is remembered by its text.
    return _copy(_policy(f"{name}-{number:02}", "apps", "deployments", wanted, validation), number)


def _pod_security_policies(count: int) -> list[dict[str, Any]]:
    library = [yaml.safe_load(path.read_text()) for path in sorted(LIBRARY.glob("*/policy.yaml"))]
    validation = {"expression": "variables.foreign.size() == 0", "messageExpression": EXPRESSIONS["message"]}
    library.append(_policy("images-from-our-registry", "", "pods", [*VARIABLES], validation))
    variables = library[-1]["spec"]["variables"]
    variables[0]["expression"] = variables[0]["expression"].replace(".template.spec", "")
    return [_copy(library[n % len(library)], n // len(library)) for n in range(count)]


def _policy(
    name: str, group: str, resource: str, variables: list[str], validation: dict[str, str]
) -> dict[str, Any]:
    rule = {
        "apiGroups": [group],
        "apiVersions": ["v1"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
    }
    return {
        "apiVersion": _API_VERSION,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule]},
            "variables": [{"name": variable, "expression": VARIABLES[variable]} for variable in variables],
            "validations": [validation],
        },
    }


def _copy(document: dict[str, Any], number: int) -> dict[str, Any]:
    """Say the same in other words."""
    copy: dict[str, Any] = json.loads(json.dumps(document))
    if number:
        copy["metadata"]["name"] += f"-{number}"
    spec = copy["spec"]
    for part in (*spec.get("matchConditions", ()), *spec.get("variables", ()), *spec["validations"]):
        for key in ("expression", "messageExpression"):
            if key in part:
                part[key] += " " * number
    return copy


def _bad_deployment() -> dict[str, Any]:
    bad = deployment()
    bad["spec"]["replicas"] = 6
    return bad


def _bad_pod() -> dict[str, Any]:
    bad = pod()
    bad["spec"]["containers"][1]["securityContext"] = {"privileged": True}
    return bad


TEAM = Admission(
    name="policies of one expression each, as bench.workload has them, on a Deployment",
    good=deployment(),
    bad=_bad_deployment(),
    reason="comparison does not hold",
    make=_team_policies,
)
POD_SECURITY = Admission(
    name="policies, those of policies/pod-security and one about images, on a Pod",
    good=pod(),
    bad=_bad_pod(),
    reason="must not be privileged",
    make=_pod_security_policies,
)
