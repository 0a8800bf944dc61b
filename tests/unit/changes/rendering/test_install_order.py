"""The order of objects is that of helm 3.22.0 and 4.3.1, with each way to render charts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.changes.rendering.surveyed import CHART, rendered

KINDS = ("Zebra", "Deployment", "Service", "Ape", "ConfigMap", "Namespace", "Deployment", "Ape")
MEANT = ["Namespace", "ConfigMap", "Service", "Deployment", "Deployment", "Ape", "Ape", "Zebra"]


def objects_of(name: str, annotations: str = "{}") -> str:
    return "".join(
        f"---\napiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}{index}, annotations: {annotations}}}\n"
        for index, kind in enumerate(KINDS)
    )


FILES = {
    "web/Chart.yaml": CHART,
    "web/templates/b.yaml": objects_of("b"),
    "web/templates/a.yaml": objects_of("a"),
    "web/templates/hooks.yaml": objects_of("h", "{helm.sh/hook: post-install}"),
    "web/crds/c.yaml": objects_of("c"),
}


def test_objects_of_a_chart_are_in_the_order_of_helm() -> None:
    made = rendered(FILES).documents
    crds, release, hooks = made[:8], made[8:24], made[24:]
    assert [one.kind for one in crds] == list(KINDS)
    assert [one.kind for one in release] == [
        kind for kind in dict.fromkeys(MEANT) for _ in range(2 * MEANT.count(kind))
    ]
    assert [one.name for one in release[6:10]] == ["a1", "a6", "b1", "b6"]
    assert [one.kind for one in hooks] == MEANT


def test_objects_are_counted_in_that_order() -> None:
    made = [one for one in rendered(FILES).documents if one.path == "web/templates/a.yaml"]
    assert [one.kind for one in made] == MEANT
    assert [one.index for one in made] == list(range(8))


def test_a_program_that_writes_another_order_gives_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = [(one.kind, one.name, one.path, one.index) for one in rendered(FILES).documents]
    written = "".join(
        f"---\n# Source: web/{path}\n{FILES[f'web/{path}']}"
        for path in ("templates/hooks.yaml", "templates/b.yaml", "crds/c.yaml", "templates/a.yaml")
    )
    (tmp_path / "written").write_text(written)
    program = tmp_path / "helm"
    program.write_text(f"#!/bin/sh\ncat {tmp_path}/written\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("policy_engine.changes.rendering.renderers._HELM_PACKAGE", "no_such_package")
    assert [(one.kind, one.name, one.path, one.index) for one in rendered(FILES).documents] == expected


def test_objects_of_a_list_are_where_helm_has_the_list() -> None:
    listed = "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Namespace, metadata: {name: inside}}]\n"
    made = [one.name for one in rendered({**FILES, "web/templates/0.yaml": listed}).documents][8:]
    assert made[made.index("b7") : made.index("a0") + 1] == ["b7", "inside", "a0"]  # an Ape, a List, a Zebra
