"""What nobody looks at takes no file from judging."""

from __future__ import annotations

from policy_engine.changes.rendering import Survey, survey
from policy_engine.sources import DEFAULT_LIMITS
from tests.memory_tree import MemoryTree
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, USUAL, Files, surveyed

WEB = {"charts/web/Chart.yaml": CHART, "charts/web/values-prod.yaml": "a: b", "charts/web/templates/a.yaml": ""}
ROOT_CHART = "apiVersion: v2\nname: root\nversion: 0.1.0\n"
BASE = {"base/kustomization.yaml": "resources: [a.yaml]", "base/a.yaml": CONFIG_MAP}
OVERLAY = {"prod/kustomization.yaml": "resources: [../base]"}


def units(found: Survey) -> set[tuple[str, str]]:
    return {(unit.path, unit.variant) for unit in found.units}


def judged_below(folder: str, files: Files) -> Survey:
    """Survey where only paths in a folder are looked at."""
    return survey(MemoryTree(files), USUAL, DEFAULT_LIMITS, is_judged=lambda path: path.startswith(f"{folder}/"))


def test_a_library_chart_renders_no_chart_in_its_folder() -> None:
    assert units(surveyed({**WEB, "Chart.yaml": ROOT_CHART})) == {("", "")}
    found = surveyed({**WEB, "Chart.yaml": f"{ROOT_CHART}type: library\n"})
    assert units(found) == {("charts/web", ""), ("charts/web", "values-prod.yaml")}


def test_a_kustomization_that_nobody_looks_at_takes_no_file_from_judging() -> None:
    found = judged_below("base", {"kustomization.yaml": "resources: [base/a.yaml]", "base/a.yaml": CONFIG_MAP})
    assert found.units == ()
    assert not found.is_part("base/a.yaml")


def test_an_overlay_that_nobody_looks_at_does_not_keep_its_base_from_being_rendered() -> None:
    assert units(judged_below("base", {**BASE, **OVERLAY})) == {("base", "")}


def test_a_base_that_nobody_looks_at_is_a_part_of_what_is_rendered() -> None:
    found = judged_below("prod", {**BASE, **OVERLAY})
    assert units(found) == {("prod", "")}
    assert found.is_part("base/a.yaml")


def test_a_chart_that_nobody_looks_at_takes_no_file_from_judging() -> None:
    files = {"Chart.yaml": ROOT_CHART, "values.yaml": "", "templates/_a.yaml": CONFIG_MAP, **WEB}
    found = judged_below("charts/web", files)
    assert units(found) == {("charts/web", ""), ("charts/web", "values-prod.yaml")}
    assert not found.is_part("values.yaml")
    assert not found.is_part("templates/_a.yaml")
