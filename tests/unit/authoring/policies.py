"""Policies for tests, as text."""

from __future__ import annotations

TEST_HEAD = "apiVersion: polgate.io/v1alpha1\nkind: PolicyTest\n"
WEB = "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}"


def policy(name: str = "limits", *, expression: str = "object.spec.replicas <= 5", annotations: str = "") -> str:
    """Write a policy about Deployments."""
    return f"""\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec:
  matchConstraints:
    resourceRules:
    - {{apiGroups: [apps], apiVersions: [v1], operations: ["*"], resources: [deployments]}}
  validations:
  - {{expression: {expression!r}, message: too many}}
"""
