"""What settings leave out, or name and is not there: always seen, never a silent pass."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.gating.gate import Judged
from policy_engine.reports.findings import Outcome
from policy_engine.sources import Place
from tests.git_repositories import TestRepository
from tests.unit.gating.conftest import SETTINGS, config_map

Gate = Callable[..., Judged]
CHART = "apiVersion: v2\nname: web\nversion: 1.0.0\n"


def said(judged: Judged) -> list[tuple[str, str, Place | None]]:
    return [(one.code, one.message, one.place) for one in judged.report.notices]


def faults(judged: Judged) -> list[tuple[str, str, Place | None]]:
    return [(one.code, one.message, one.place) for one in judged.report.broken]


def test_manifests_that_settings_leave_out_are_told(repository: TestRepository, gate: Gate) -> None:
    repository.commit({".polgate.yaml": SETTINGS + "paths: {exclude: [hidden/]}\n"})
    files = {f"hidden/{name}.yaml": config_map(name, "bad") for name in "abcdefg"}
    judged = gate({**files, "hidden/values.yaml": "a: 1\n", "hidden/x.txt": "apiVersion: v1\n"})
    assert (judged.report.outcome, judged.report.objects) == (Outcome.PASSED, 0)
    names = ", ".join(f"`hidden/{name}.yaml`" for name in "abcde")
    assert said(judged) == [
        ("left-out", f"7 changed manifests are not judged, as `paths` says: {names} and 2 more", None)
    ]


def test_a_change_that_takes_all_away_that_is_judged_is_an_error(repository: TestRepository, gate: Gate) -> None:
    settings = SETTINGS + "paths: {include: [apps/]}\n"
    repository.commit({".polgate.yaml": settings, "apps/a.yaml": config_map("a", "fine")})
    judged = gate({"apps/a.yaml": None, "applications/a.yaml": config_map("a", "bad")})
    assert faults(judged) == [
        ("settings-invalid", "no file fits these patterns, so that nothing would be judged", Place(5, 9))
    ]
    judged = gate({"applications/b.yaml": config_map("b", "fine")})
    assert faults(judged) == []
    assert [code for code, _, _ in said(judged)] == ["settings-invalid", "left-out"], "it was so before"


@pytest.mark.parametrize(
    ("rendering", "file", "message"),
    [
        ("kustomizations: [over]", "over/kustomization.yaml", "`over` is no kustomization"),
        ("charts: [{path: web}]", "web/Chart.yaml", "`web` is no chart"),
        ("charts: [{path: web, values: [[prod.yaml]]}]", "prod.yaml", "the values file `prod.yaml` is not there"),
    ],
)
def test_a_change_that_takes_away_what_settings_render_is_an_error(
    repository: TestRepository, gate: Gate, rendering: str, file: str, message: str
) -> None:
    files = {"over/kustomization.yaml": "resources: []\n", "web/Chart.yaml": CHART, "prod.yaml": "a: 1\n"}
    repository.commit({".polgate.yaml": f"{SETTINGS}rendering: {{{rendering}}}\n", **files})
    assert faults(gate({"a.yaml": config_map("a", "fine")})) == []
    assert message in [message for _, message, _ in faults(gate({file: None}))]


def test_settings_that_never_named_anything_are_told_with_every_change(
    repository: TestRepository, gate: Gate
) -> None:
    repository.commit({".polgate.yaml": SETTINGS + "rendering: {kustomizations: [overlays/prod]}\n"})
    judged = gate({"a.yaml": config_map("a", "fine")})
    assert said(judged) == [("settings-invalid", "`overlays/prod` is no kustomization", Place(5, 30))]


def test_new_settings_that_leave_out_everything_are_an_error(gate: Gate) -> None:
    judged = gate({".polgate.yaml": SETTINGS + "paths: {exclude: ['*']}\n"})
    assert faults(judged) == [
        ("settings-invalid", "these patterns leave out every file, so that nothing would be judged", Place(5, 9))
    ]


def test_settings_that_are_no_yaml_are_told_once(gate: Gate) -> None:
    judged = gate({".polgate.yaml": SETTINGS + "paths: [\n"})
    assert [code for code, _, _ in faults(judged)] == ["settings-invalid"]


def test_how_a_chart_is_rendered_can_be_said_before_it_comes(repository: TestRepository, gate: Gate) -> None:
    """Otherwise nobody could add or move a chart that needs values: both at once would lack them."""
    needs = config_map("a", '{{ required "say it" .Values.k }}')
    settings = SETTINGS + "rendering: {charts: [{path: web, values: [[web/prod.yaml]]}]}\n"
    judged = gate({".polgate.yaml": settings})
    assert (faults(judged), judged.report.outcome) == ([], Outcome.PASSED)
    assert [message for code, message, _ in said(judged) if code == "settings-invalid"] == [
        "`web` is no chart",
        "the values file `web/prod.yaml` is not there",
    ]
    judged = gate({"web/Chart.yaml": CHART, "web/templates/a.yaml": needs, "web/prod.yaml": "k: fine\n"})
    assert (faults(judged), judged.report.objects) == ([], 1)
