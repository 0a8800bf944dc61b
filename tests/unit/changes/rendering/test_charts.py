from __future__ import annotations

import pytest

from policy_engine.changes.rendering import Tool, survey
from policy_engine.changes.settings.model import Chart, Rendering
from policy_engine.sources import DEFAULT_LIMITS
from tests.memory_tree import MemoryTree
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, only_unit, problem, rendered, surveyed

LIBRARY = "apiVersion: v2\nname: lib\nversion: 0.1.0\ntype: library\n"


def depends(*entries: str) -> str:
    return CHART + "dependencies:\n" + "".join(f"- {entry}\n" for entry in entries)


def test_a_tree_without_charts_and_kustomizations_has_no_units_and_is_not_searched() -> None:
    tree = MemoryTree({"a.yaml": "apiVersion: argoproj.io/v1alpha1\nkind: Application\n"})
    assert survey(tree, Rendering(), DEFAULT_LIMITS).units == ()
    assert tree.reads == []


def test_only_the_files_that_say_what_is_rendered_are_read() -> None:
    tree = MemoryTree({"web/Chart.yaml": CHART, "web/templates/a.yaml": "{{ x }}", "b.yaml": CONFIG_MAP})
    survey(tree, Rendering(), DEFAULT_LIMITS)
    assert tree.reads == ["web/Chart.yaml"]


def test_a_chart_is_one_unit_with_its_own_values() -> None:
    unit = only_unit({"deploy/web/Chart.yaml": CHART})
    assert unit.key == (Tool.HELM, "deploy/web", "")
    assert (unit.title, unit.release, unit.namespace) == ("chart deploy/web", "web", "default")


@pytest.mark.parametrize(
    "name",
    [
        "values-prod.yaml",
        "values.prod.yaml",
        "prod-values.yaml",
        "prod.values.yml",
        "values_prod.yml",
        "values/prod.yaml",
    ],
)
def test_each_values_file_beside_a_chart_is_a_unit_of_its_own(name: str) -> None:
    files = {"web/Chart.yaml": CHART, "web/values.yaml": "", f"web/{name}": "a: 1"}
    plain, other = surveyed(files).units
    assert (plain.variant, plain.values) == ("", ())
    assert (other.variant, other.values) == (name, (f"web/{name}",))
    assert other.title == f"chart web with {name}"


@pytest.mark.parametrize(
    "name", ["values.schema.json", "ci/test-values.yaml", "templates/x-values.yaml", "novalues.yaml"]
)
def test_other_files_of_a_chart_are_no_values(name: str) -> None:
    only_unit({"web/Chart.yaml": CHART, f"web/{name}": "{}"})


def test_settings_say_which_values_a_chart_is_rendered_with() -> None:
    chart = Chart(path="web", values=(("env/a.yaml", "env/b.yaml"),), namespace="shop", release="front")
    files = {"web/Chart.yaml": CHART, "web/values-prod.yaml": "", "env/a.yaml": "", "env/b.yaml": ""}
    unit = only_unit(files, Rendering(charts=(chart,)))
    assert unit.values == ("env/a.yaml", "env/b.yaml")
    assert unit.variant == "env/a.yaml env/b.yaml"
    assert (unit.namespace, unit.release) == ("shop", "front")
    assert unit.reads("env/b.yaml")


def test_a_values_file_of_the_settings_that_is_not_there_is_an_error() -> None:
    settings = Rendering(charts=(Chart(path="web", values=(("gone.yaml",),)),))
    (fault,) = only_unit({"web/Chart.yaml": CHART}, settings).broken
    assert fault.message == "the values file `gone.yaml` is not there"


def test_a_values_file_that_is_a_link_is_told_once_and_as_a_link() -> None:
    files, links = {"web/Chart.yaml": CHART}, {"web/values-prod.yaml": "../other.yaml"}
    refused = "belongs to the chart web, and is a symbolic link not followed"
    unit = only_unit(files, links=links)
    assert (unit.variant, unit.broken) == ("", ())
    assert problem(rendered(files, links=links))[1::2] == ("web/values-prod.yaml", refused)


def test_a_values_file_of_the_settings_that_is_a_link_is_not_said_to_be_missing() -> None:
    settings = Rendering(charts=(Chart(path="web", values=(("env/a.yaml",),)),))
    made = rendered(
        {"web/Chart.yaml": CHART}, settings, links={"env/a.yaml": "../other.yaml"}, variant="env/a.yaml"
    )
    _, path, _, message = problem(made)
    assert path == "env/a.yaml"
    assert message.endswith("is a symbolic link not followed")


def test_a_chart_in_the_charts_folder_of_another_is_no_unit() -> None:
    files = {"web/Chart.yaml": CHART, "web/charts/db/Chart.yaml": CHART.replace("web", "db")}
    assert only_unit(files).path == "web"


def test_charts_in_a_folder_called_charts_are_units() -> None:
    assert only_unit({"charts/web/Chart.yaml": CHART}).path == "charts/web"


def test_a_library_chart_is_no_unit() -> None:
    assert surveyed({"lib/Chart.yaml": LIBRARY}).units == ()


def test_switched_off_charts_are_neither_rendered_nor_taken_for_manifests_but_their_crds_are() -> None:
    files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": "{{ x }}", "web/crds/c.yaml": CONFIG_MAP}
    found = surveyed(files, Rendering(helm=False))
    assert found.units == ()
    assert found.is_part("web/templates/a.yaml")
    assert not found.is_part("web/crds/c.yaml")


def test_templates_values_and_crds_are_parts_and_other_files_are_not() -> None:
    parts = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": "",
        "web/values-prod.yaml": "",
        "web/values.schema.json": "{}",
        "web/templates/a.yaml": "",
        "web/templates/tests/b.yaml": "",
        "web/crds/c.yaml": "",
        "web/charts/db/Chart.yaml": CHART,
        "web/charts/db/templates/d.yaml": "",
    }
    others = {"web/extra/e.yaml": "", "web.yaml": "", "webb/templates/f.yaml": ""}
    found = surveyed({**parts, **others})
    assert [path for path in parts if not found.is_part(path)] == []
    assert [path for path in others if found.is_part(path)] == []


def test_templates_of_a_library_that_nobody_uses_are_judged_as_they_are_written() -> None:
    files = {
        "lib/Chart.yaml": LIBRARY,
        "lib/templates/pod.yaml": CONFIG_MAP,
        "lib/templates/_names.tpl": "{{ x }}",
    }
    found = surveyed(files)
    assert not found.is_part("lib/templates/pod.yaml")
    assert found.is_part("lib/templates/_names.tpl")


def test_a_chart_of_the_repository_that_another_depends_on_is_an_input_and_a_part() -> None:
    files = {
        "web/Chart.yaml": depends("{name: lib, version: 0.1.0, repository: 'file://../lib'}"),
        "lib/Chart.yaml": LIBRARY,
        "lib/templates/x.yaml": "",
    }
    found = surveyed(files)
    (unit,) = found.units
    assert unit.broken == ()
    assert unit.reads("lib/templates/x.yaml")
    assert found.is_part("lib/templates/x.yaml")


@pytest.mark.parametrize(
    ("repository", "message"),
    [
        ("https://charts.example", "the dependency `db` is not in the repository"),
        ("", "the dependency `db` is not in the repository"),
        ("file://../gone", "`../gone` is not there"),
        ("file://../../out", "`../../out` leads out of the repository"),
        ("file:///etc", "`/etc` is no path in the repository"),
        ("file://../other", "`file://../other` is the chart `other`, not `db`"),
        ("file://../docs", "`file://../docs` is no chart: it has no Chart.yaml"),
    ],
)
def test_a_dependency_that_is_not_in_the_repository_is_an_error_at_its_line(repository: str, message: str) -> None:
    files = {
        "web/Chart.yaml": depends(f"name: db\n  version: 1.0.0\n  repository: '{repository}'"),
        "other/Chart.yaml": CHART.replace("web", "other"),
        "docs/a.md": "",
    }
    faults = [fault for unit in surveyed(files).units for fault in unit.broken]
    assert [(fault.message, fault.code) for fault in faults] == [(message, "rendering-refused")]
    assert faults[0].place is not None
    assert faults[0].place.line in (5, 7)


@pytest.mark.parametrize(
    "path", ["web/charts/db/Chart.yaml", "web/charts/db-1.0.0.tgz", "web/charts/any/Chart.yaml"]
)
def test_a_vendored_dependency_is_enough(path: str) -> None:
    files = {
        "web/Chart.yaml": depends("{name: db, version: 1.0.0, repository: 'https://charts.example'}"),
        path: "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    }
    assert only_unit(files).broken == ()


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("db-2", "db-2-1.0.0.tgz"),
        ("db-2", "db-2-v1.0.0-rc.1.tgz"),
        ("db", "db-1.0.tgz"),
        ("db", "db-1.0.0+build-2.tgz"),
    ],
)
def test_a_vendored_package_is_known_by_the_whole_name(name: str, package: str) -> None:
    files = {"web/Chart.yaml": depends(f"{{name: {name}, version: 1.0.0}}"), f"web/charts/{package}": ""}
    assert only_unit(files).broken == ()


@pytest.mark.parametrize("package", ["db-2-1.0.0.tgz", "db-extras-1.0.0.tgz", "mydb-1.0.0.tgz", "db.tgz"])
def test_a_vendored_package_of_a_longer_name_is_another_chart(package: str) -> None:
    files = {"web/Chart.yaml": depends("{name: db, version: 1.0.0}"), f"web/charts/{package}": ""}
    (fault,) = only_unit(files).broken
    assert fault.message == "the dependency `db` is not in the repository"


def test_charts_that_depend_on_each_other_are_an_error() -> None:
    files = {
        "a/Chart.yaml": "name: a\nversion: 1.0.0\ndependencies: [{name: b, version: '*', repository: 'file://../b'}]",
        "b/Chart.yaml": "name: b\nversion: 1.0.0\ndependencies: [{name: a, version: '*', repository: 'file://../a'}]",
    }
    for unit in surveyed(files).units:
        assert [fault.message for fault in unit.broken] == [
            f"the chart depends on `{unit.path}`, which leads back to it"
        ]


def test_a_chart_that_does_not_parse_is_an_error_at_its_line() -> None:
    (fault,) = only_unit({"web/Chart.yaml": "name: web\nname: other\n"}).broken
    assert (fault.code, fault.place and fault.place.line) == ("duplicate-key", 2)
