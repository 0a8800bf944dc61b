"""The published JSON schema of settings and their reading accept the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from policy_engine.authoring.fields import Problem
from policy_engine.changes.settings.decode import decode

ROOT = Path(__file__).resolve().parents[4]
SCHEMA = ROOT / "docs" / "schemas" / "gate-settings.v1alpha1.schema.json"
VALIDATOR = jsonschema_rs.validator_for(json.loads(SCHEMA.read_text()))
FULL: dict[str, Any] = {
    "apiVersion": "polgate.io/v1alpha1",
    "kind": "GateSettings",
    "policies": ["policies/", ".", "a b/..c/ä.yaml", {"path": "base", "checkout": "../library"}],
    "params": ["params", {"path": "x.yaml"}],
    "paths": {"include": ["apps/", "!apps/old/", "*.yaml"], "exclude": ["/vendor/**"]},
    "targets": [{"name": "prod", "paths": ["/clusters/prod/"]}, {"eachFolder": "catalog/*/v*"}],
    "namespaces": {"default": "web", "labels": {"prod": {"team": "web", "example.com/a": ""}, "x": {}}},
    "rendering": {
        "helm": False,
        "kustomize": True,
        "charts": [
            {"path": "deploy/web", "values": [["a.yaml", "b.yaml"], []], "namespace": "web", "release": "w.1-x"},
            {"path": "."},
        ],
        "kustomizations": ["overlays/prod"],
        "dependencies": "../packaged charts",
        "timeoutSeconds": 0.5,
        "memoryMegabytes": 64,
    },
    "users": {"alice": {"username": "alice@example.com", "groups": ["dev"], "uid": "7"}, "12": {"username": "b"}},
    "failOn": "warn",
    "existing": True,
    "strict": False,
    "kubernetesVersion": "1.30",
}

WRONG: list[tuple[str, Any]] = [
    ("apiVersion", "polgate.io/v1"),
    ("apiVersion", ...),
    ("kind", "GateSetting"),
    ("kind", ...),
    ("metadata", {}),
    ("spec", {}),
    ("policies", "policies"),
    ("policies", None),
    ("policies.0", 1),
    ("policies.0", ""),
    ("policies.0", " "),
    ("policies.0", "/etc/passwd"),
    ("policies.0", ".."),
    ("policies.0", "../x"),
    ("policies.0", "a/../b"),
    ("policies.0", "a/.."),
    ("policies.0", "a\\b"),
    ("policies.0", "a\0b"),
    ("policies.0", {}),
    ("policies.0", {"checkout": "../x"}),
    ("policies.0", {"path": "/x", "checkout": "../x"}),
    ("policies.0", {"path": "x", "checkout": ""}),
    ("policies.0", {"path": "x", "checkout": "."}),
    ("policies.0", {"path": "x", "checkout": "./"}),
    ("policies.0", {"path": "x", "checkout": "a\nb"}),
    ("policies.0", {"path": "x", "repository": "y"}),
    ("params.0", ["x"]),
    ("paths", []),
    ("paths.only", ["x"]),
    ("paths.include", "apps"),
    ("paths.include", ["!apps"]),
    ("paths.include.0", "#apps"),
    ("paths.include.0", ""),
    ("paths.include.0", "/"),
    ("paths.exclude.0", "!"),
    ("paths.exclude.0", 1),
    ("targets.0.name", ...),
    ("targets.0.name", ""),
    ("targets.0.paths", ...),
    ("targets.0.paths", []),
    ("targets.0.paths", "x"),
    ("targets.0.cluster", "x"),
    ("targets.0", "x"),
    ("targets.0.eachFolder", "x/*"),
    ("targets.1.name", "x"),
    ("targets.1.paths", ["x"]),
    ("targets.1.eachFolder", "x/**"),
    ("targets.1.eachFolder", "../*"),
    ("targets.1.eachFolder", "clusters"),
    ("targets.1.eachFolder", ["x/*"]),
    ("targets.1.eachFolder", ""),
    ("namespaces.default", "Web"),
    ("namespaces.default", ""),
    ("namespaces.default", "a" * 64),
    ("namespaces.labels.X", {}),
    ("namespaces.labels.prod", "team=web"),
    ("namespaces.labels.prod.team", 1),
    ("namespaces.labels.prod.team", "a b"),
    ("namespaces.labels.prod.team", "a" * 64),
    ("namespaces.labels.prod.a b", "x"),
    ("namespaces.names", {}),
    ("rendering.helm", "no"),
    ("rendering.jsonnet", True),
    ("rendering.dependencies", ""),
    ("rendering.dependencies", ["x"]),
    ("rendering.charts.0.path", ...),
    ("rendering.charts.0.path", "../web"),
    ("rendering.charts.0.values", "a.yaml"),
    ("rendering.charts.0.values.0", "a.yaml"),
    ("rendering.charts.0.values.0.0", "/a.yaml"),
    ("rendering.charts.0.values.0.0", 1),
    ("rendering.charts.0.namespace", "-n"),
    ("rendering.charts.0.release", "--post-renderer"),
    ("rendering.charts.0.release", "a" * 54),
    ("rendering.charts.0.release", ""),
    ("rendering.charts.0.name", "x"),
    ("rendering.kustomizations.0", "/x"),
    ("rendering.timeoutSeconds", 0),
    ("rendering.timeoutSeconds", -1),
    ("rendering.timeoutSeconds", 3601),
    ("rendering.timeoutSeconds", "30s"),
    ("rendering.timeoutSeconds", True),
    ("rendering.memoryMegabytes", 63),
    ("rendering.memoryMegabytes", 64.5),
    ("rendering.memoryMegabytes", 1e30),
    ("users.alice", "alice"),
    ("users.alice.username", ...),
    ("users.alice.username", " "),
    ("users.alice.groups", "dev"),
    ("users.alice.groups.0", 1),
    ("users.alice.uid", 7),
    ("users.alice.email", "x"),
    ("failOn", "error"),
    ("failOn", None),
    ("existing", "yes"),
    ("strict", 1),
    ("kubernetesVersion", 1.3),
    ("kubernetesVersion", "newest"),
    ("kubernetesVersion", "2.0"),
]


def accepts(document: Any) -> bool:
    """Read a document as the gate does."""
    problems: list[Problem] = []
    return decode(document, problems) is not None and not problems


def changed(path: str, value: Any) -> Any:
    """Give the full document with another value at a path; `...` removes it."""
    document = json.loads(json.dumps(FULL))
    *parents, last = path.split(".")
    place = document
    for step in parents:
        place = place[int(step)] if isinstance(place, list) else place[step]
    key = int(last) if isinstance(place, list) else last
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return document


def test_a_file_with_every_field_is_accepted_by_both() -> None:
    assert [error.message for error in VALIDATOR.iter_errors(FULL)] == []
    assert accepts(FULL)


@pytest.mark.parametrize("path", [path for path in FULL if path not in ("apiVersion", "kind")])
def test_every_field_may_be_left_out(path: str) -> None:
    document = changed(path, ...)
    assert VALIDATOR.is_valid(document)
    assert accepts(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("policies", []),
        ("paths", {}),
        ("paths.include", []),
        ("paths.include.0", "\\#x"),
        ("targets", []),
        ("namespaces", {}),
        ("rendering", {}),
        ("rendering.charts.0.values", []),
        ("rendering.memoryMegabytes", 64.0),
        ("rendering.timeoutSeconds", 3600),
        ("users", {}),
        ("users.alice", {"username": "system:admin"}),
        ("kubernetesVersion", "v1.36.2"),
        ("policies.0", "..."),
        ("policies.0", {"path": "x", "checkout": "/srv/library"}),
    ],
)
def test_what_is_right_is_accepted_by_both(path: str, value: Any) -> None:
    document = changed(path, value)
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []
    assert accepts(document)


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_what_is_wrong_is_refused_by_both(path: str, value: Any) -> None:
    document = changed(path, value)
    assert not VALIDATOR.is_valid(document)
    assert not accepts(document)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("targets", [{"name": "a", "paths": ["x"]}, {"name": "a", "paths": ["y"]}]),
        ("rendering.charts", [{"path": "web"}, {"path": "./web/"}]),
        ("kubernetesVersion", "1.25"),
        ("paths.include.0", "[a"),
        ("paths.exclude.0", "a\\"),
        ("policies.0", {"path": "x", "checkout": "x/.."}),
    ],
)
def test_what_a_schema_cannot_say_is_refused_in_reading(path: str, value: Any) -> None:
    document = changed(path, value)
    assert VALIDATOR.is_valid(document)
    assert not accepts(document)


@pytest.mark.parametrize("document", [None, [], "GateSettings", 1, {}])
def test_what_is_no_mapping_or_empty_is_refused_by_both(document: Any) -> None:
    assert not VALIDATOR.is_valid(document)
    assert not accepts(document)


def test_the_defaults_of_the_schema_are_those_of_reading() -> None:
    schema = json.loads(SCHEMA.read_text())["properties"]
    problems: list[Problem] = []
    settings = decode({"apiVersion": FULL["apiVersion"], "kind": FULL["kind"]}, problems)
    assert settings is not None
    rendering = schema["rendering"]["properties"]
    assert {key: part["default"] for key, part in rendering.items() if "default" in part} == {
        "helm": settings.rendering.helm,
        "kustomize": settings.rendering.kustomize,
        "timeoutSeconds": settings.rendering.timeout_s,
        "memoryMegabytes": settings.rendering.memory_mb,
    }
    assert schema["namespaces"]["properties"]["default"]["default"] == settings.namespaces.default
    assert (schema["failOn"]["default"], schema["existing"]["default"], schema["strict"]["default"]) == (
        settings.fail_on,
        settings.existing,
        settings.strict,
    )
