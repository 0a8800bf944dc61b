"""A change must not keep from being rendered what was rendered before it, nor take files from judging."""

from __future__ import annotations

import pytest

from policy_engine.changes.rendering import Survey, survey
from policy_engine.changes.settings.model import Chart, Rendering
from policy_engine.sources import DEFAULT_LIMITS
from tests.unit.changes.rendering.memory_tree import MemoryTree
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, USUAL, Files, surveyed

WEB = {"charts/web/Chart.yaml": CHART, "charts/web/values-prod.yaml": "a: b", "charts/web/templates/a.yaml": ""}
ROOT_CHART = "apiVersion: v2\nname: root\nversion: 0.1.0\n"
BASE = {"base/kustomization.yaml": "resources: [a.yaml]", "base/a.yaml": CONFIG_MAP}
OVERLAY = {"prod/kustomization.yaml": "resources: [../base]"}
APPLICATION = (
    "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: app}\n"
    "spec: {destination: {namespace: elsewhere}, source: {path: PATH}}\n"
)


def changed(before: Files, added: Files, settings: Rendering = USUAL) -> Survey:
    """Survey a tree that some files were added to."""
    tree = MemoryTree({**before, **added})
    return survey(tree, settings, DEFAULT_LIMITS, before=surveyed(before, settings))


def units(found: Survey) -> set[tuple[str, str]]:
    return {(unit.path, unit.variant) for unit in found.units}


def judged_below(folder: str, files: Files) -> Survey:
    """Survey where only paths in a folder are looked at."""
    return survey(MemoryTree(files), USUAL, DEFAULT_LIMITS, is_judged=lambda path: path.startswith(f"{folder}/"))


def test_a_new_overlay_does_not_keep_its_base_from_being_rendered_by_itself() -> None:
    assert units(changed(BASE, OVERLAY)) == {("base", ""), ("prod", "")}


def test_an_overlay_that_was_there_before_is_all_that_is_rendered() -> None:
    assert units(changed({**BASE, **OVERLAY}, {})) == {("prod", "")}


def test_a_base_that_becomes_a_component_is_rendered_with_what_uses_it_alone() -> None:
    component = {"base/kustomization.yaml": "kind: Component\nresources: [a.yaml]"}
    assert units(changed(BASE, {**component, "prod/kustomization.yaml": "components: [../base]"})) == {
        ("prod", "")
    }


def test_a_kustomization_that_is_gone_is_not_rendered() -> None:
    found = survey(MemoryTree({"x.yaml": ""}), USUAL, DEFAULT_LIMITS, before=surveyed(BASE))
    assert found.units == ()


def test_a_new_application_does_not_take_a_kustomization_out_of_its_namespace() -> None:
    found = changed(BASE, {"docs/app.yaml": APPLICATION.replace("PATH", "base")})
    assert [(unit.variant, unit.namespace) for unit in found.units] == [
        ("in default", "default"),
        ("in elsewhere", "elsewhere"),
    ]


@pytest.mark.parametrize("kind", ["", "type: library\n"])
def test_a_new_chart_above_does_not_keep_a_chart_from_being_rendered_by_itself(kind: str) -> None:
    found = changed(WEB, {"Chart.yaml": ROOT_CHART + kind})
    assert {("charts/web", ""), ("charts/web", "values-prod.yaml")} <= units(found)


def test_a_subchart_that_was_one_before_is_rendered_with_its_parent_alone() -> None:
    assert units(changed({**WEB, "Chart.yaml": ROOT_CHART}, {})) == {("", "")}


def test_a_library_chart_renders_no_chart_in_its_folder() -> None:
    found = surveyed({**WEB, "Chart.yaml": f"{ROOT_CHART}type: library\n"})
    assert units(found) == {("charts/web", ""), ("charts/web", "values-prod.yaml")}


def test_a_new_application_does_not_keep_a_chart_from_being_rendered_with_its_own_values() -> None:
    application = APPLICATION.replace("PATH", "charts/web, helm: {valueFiles: [values-prod.yaml]}")
    assert units(changed(WEB, {"docs/app.yaml": application})) == {
        ("charts/web", "Application app in docs/app.yaml"),
        ("charts/web", ""),
        ("charts/web", "values-prod.yaml"),
    }


def test_settings_say_alone_with_which_values_a_chart_is_rendered() -> None:
    settings = Rendering(charts=(Chart(path="charts/web", values=(("charts/web/values-prod.yaml",),)),))
    assert units(changed(WEB, {"Chart.yaml": ROOT_CHART}, settings)) == {
        ("", ""),
        ("charts/web", "values-prod.yaml"),
    }


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
