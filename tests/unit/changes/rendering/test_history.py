"""A real repository with a chart and many overlays, at several of its commits."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_engine.changes.rendering import render, render_all, survey
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources import DEFAULT_LIMITS
from policy_engine.sources.git import Repository


@pytest.fixture(scope="module")
def repository(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    folder = tmp_path_factory.mktemp("demo") / "repository.git"
    bundle = shared / "suites" / "repos" / "microservices-demo.bundle"
    subprocess.run(["git", "clone", "--bare", "--quiet", str(bundle), str(folder)], check=True)
    with Repository.open(str(folder)) as opened:
        yield opened


def test_its_chart_and_its_overlays_are_found(repository: Repository) -> None:
    found = survey(repository.tree("main"), Rendering(), DEFAULT_LIMITS)
    assert [(unit.tool.value, unit.path) for unit in found.units] == [
        ("helm", "helm-chart"),
        ("kustomize", "kubernetes-manifests"),
        ("kustomize", "kustomize"),
        ("kustomize", "kustomize/tests/memorystore-with-all-components"),
        ("kustomize", "kustomize/tests/service-mesh-istio-with-all-components"),
        ("kustomize", "kustomize/tests/spanner-with-all-components"),
    ]
    assert found.is_part("kustomize/base/adservice.yaml")
    assert found.is_part("kubernetes-manifests/adservice.yaml")
    assert not found.is_part("istio-manifests/frontend.yaml")


@pytest.mark.usefixtures("kustomize")
def test_all_that_it_ever_had_to_render_is_rendered(repository: Repository) -> None:
    counts = {}
    for revision in ("main", "main~60", "main~180", "main~300"):
        tree = repository.tree(revision)
        units = survey(tree, Rendering(), DEFAULT_LIMITS).units
        made = render_all([(tree, unit) for unit in units], Rendering(), DEFAULT_LIMITS)
        assert [one.broken for one in made if one.broken] == []
        counts[revision] = [len(one.documents) for one in made]
    assert counts["main"] == [36, 33, 35, 49, 55, 49]
    assert counts["main~300"] == []


def test_rendered_fields_are_found_in_its_templates(repository: Repository) -> None:
    tree = repository.tree("main")
    unit = survey(tree, Rendering(), DEFAULT_LIMITS).units[0]
    image = ("spec", "template", "spec", "containers", 0, "image")
    found = {
        (one.path, one.excerpt(one.locate(image).start).text.strip())
        for one in render(tree, unit, Rendering(), DEFAULT_LIMITS).documents
        if one.kind == "Deployment"
    }
    assert len(found) == 12
    assert {text.partition(":")[0] for _, text in found} == {"image"}


@pytest.mark.usefixtures("kustomize")
def test_rendered_fields_are_found_in_its_bases(repository: Repository) -> None:
    tree = repository.tree("main")
    (unit,) = [one for one in survey(tree, Rendering(), DEFAULT_LIMITS).units if one.path == "kustomize"]
    made = render(tree, unit, Rendering(), DEFAULT_LIMITS).documents
    found = {
        (one.kind, one.path, one.excerpt(one.locate(("metadata", "name")).start).text)
        for one in made
        if one.name == "adservice"
    }
    assert found == {
        (kind, "kustomize/base/adservice.yaml", "  name: adservice")
        for kind in ("Deployment", "Service", "ServiceAccount")
    }
