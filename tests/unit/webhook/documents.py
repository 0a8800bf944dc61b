"""Policies and reviews to try the server with."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson

ANYTHING = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}


def policy(name: str, *expressions: str, **spec: Any) -> dict[str, Any]:
    """Make a policy about everything; an expression that does not hold is told as `NAME says no`."""
    validations = [{"expression": expression, "message": f"{name} says no"} for expression in expressions]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "matchConstraints": {"resourceRules": [ANYTHING]},
            **({"validations": validations} if validations else {}),
            **spec,
        },
    }


def binding(to: str, *actions: str, name: str = "", **spec: Any) -> dict[str, Any]:
    """Make a binding to a policy."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name or f"{to}-everywhere"},
        "spec": {"policyName": to, "validationActions": list(actions or ("Deny",)), **spec},
    }


def write(path: Path, documents: Iterable[dict[str, Any]]) -> Path:
    """Write documents into one file, as JSON, which YAML is as well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\n---\n".join(orjson.dumps(document) for document in documents))
    return path


def review(uid: str = "u-1", **request: Any) -> dict[str, Any]:
    """Make the review of a ConfigMap that alice creates."""
    return {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": uid,
            "kind": {"group": "", "version": "v1", "kind": "ConfigMap"},
            "resource": {"group": "", "version": "v1", "resource": "configmaps"},
            "name": "settings",
            "namespace": "shop",
            "operation": "CREATE",
            "userInfo": {"username": "alice", "groups": ["dev"]},
            "object": {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": "settings", "namespace": "shop"},
                "data": {"colour": "red"},
            },
            **request,
        },
    }


def namespace(name: str = "shop", **labels: str) -> dict[str, Any]:
    """Make a Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
