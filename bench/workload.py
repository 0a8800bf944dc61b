"""The work of the expression benchmarks: a Deployment of 5 KB, six typical expressions, two variables."""

from __future__ import annotations

import json
from typing import Any

REGISTRY = "registry.example.com"

EXPRESSIONS = {
    "comparison": "object.spec.replicas <= 5",
    "all-has": (
        "object.spec.template.spec.containers.all(c, has(c.securityContext) && "
        "has(c.securityContext.allowPrivilegeEscalation) && c.securityContext.allowPrivilegeEscalation == false)"
    ),
    "regex": (
        "!has(object.metadata.labels) || !('app.kubernetes.io/name' in object.metadata.labels) || "
        "object.metadata.labels['app.kubernetes.io/name'].matches('^[a-z0-9-]+$')"
    ),
    "filter-map": f"variables.containers.filter(c, !c.image.startsWith('{REGISTRY}/')).map(c, c.name).size() == 0",
    "optional": "object.spec.template.spec.containers.exists(c, c.?resources.?limits.?memory.hasValue())",
    "message": "'images from elsewhere: ' + variables.foreign.join(', ')",
}
VARIABLES = {
    "containers": "object.spec.template.spec.containers",
    "foreign": f"variables.containers.filter(c, !c.image.startsWith('{REGISTRY}/')).map(c, c.image)",
}
# A request: twenty expressions, the six above in the shares that policies have them.
REQUEST = [*EXPRESSIONS] * 3 + ["comparison"] * 2


def deployment(containers: int = 3) -> dict[str, Any]:
    """Give a Deployment as an API server sends it."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "uid": "6f2a4d1e-9a8b-4c4d-8f1e-0123456789ab",
            "generation": 4,
            "creationTimestamp": "2026-01-05T10:11:12Z",
            "labels": {
                "app.kubernetes.io/name": "web",
                "app.kubernetes.io/part-of": "shop",
                "app.kubernetes.io/managed-by": "gitops",
                "team": "checkout",
            },
            "annotations": {
                "deployment.kubernetes.io/revision": "4",
                "example.com/commit": "0f3c2d1e4b5a69788796a5b4c3d2e1f0a9b8c7d6",
            },
        },
        "spec": {
            "replicas": 3,
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": 600,
            "selector": {"matchLabels": {"app.kubernetes.io/name": "web"}},
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": "25%"},
            },
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": "web", "team": "checkout"}},
                "spec": _pod_spec(containers),
            },
        },
        "status": {"observedGeneration": 4, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3},
    }


def pod(containers: int = 3) -> dict[str, Any]:
    """Give a Pod that both Pod Security levels let in."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "web-0", "namespace": "shop", "labels": {"app.kubernetes.io/name": "web"}},
        "spec": _pod_spec(containers),
    }


def document() -> bytes:
    """Give the Deployment as JSON."""
    return json.dumps(deployment(), separators=(",", ":")).encode()


def _pod_spec(containers: int) -> dict[str, Any]:
    return {
        "serviceAccountName": "web",
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30,
        "securityContext": {
            "runAsNonRoot": True,
            "fsGroup": 2000,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(number) for number in range(containers)],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            {"name": "config", "configMap": {"name": "web-config", "defaultMode": 420}},
        ],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app.kubernetes.io/name": "web"}},
            }
        ],
    }


def _container(number: int) -> dict[str, Any]:
    def probe(path: str) -> dict[str, Any]:
        return {
            "httpGet": {"path": path, "port": "http", "scheme": "HTTP"},
            "initialDelaySeconds": 5,
            "periodSeconds": 10,
            "timeoutSeconds": 1,
            "successThreshold": 1,
            "failureThreshold": 3,
        }

    return {
        "name": f"app-{number}",
        "image": f"{REGISTRY}/team-{number}/app-{number}:1.{number}.3",
        "imagePullPolicy": "IfNotPresent",
        "args": ["--port=8080", f"--id={number}", "--log-level=info"],
        "env": [
            {"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "LOG_LEVEL", "value": "info"},
            {"name": "REGION", "value": "eu-west-1"},
        ],
        "ports": [
            {"containerPort": 8080 + number, "name": "http", "protocol": "TCP"},
            {"containerPort": 9090 + number, "name": "metrics", "protocol": "TCP"},
        ],
        "resources": {
            "limits": {"cpu": "500m", "memory": "512Mi"},
            "requests": {"cpu": "100m", "memory": "128Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "livenessProbe": probe("/healthz"),
        "readinessProbe": probe("/readyz"),
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},
            {"name": "config", "mountPath": "/etc/app", "readOnly": True},
        ],
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
