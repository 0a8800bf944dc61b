"""The types that values have in templates. What is expected was compared with helm 3.22.0 and 4.3.1."""

from __future__ import annotations

import json
from types import MappingProxyType

import pytest

from policy_engine.changes.rendering import Rendered, render, survey
from policy_engine.changes.settings.model import Rendering
from policy_engine.sources import DEFAULT_LIMITS
from tests.memory_tree import MemoryTree
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, Files, data_of, problem, rendered

APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: web}
spec: {source: {path: web, helm: HELM}}
"""


def application(*parameters: tuple[str, str, bool], values: str = "") -> str:
    written = [{"name": name, "value": value, "forceString": string} for name, value, string in parameters]
    return APPLICATION.replace("HELM", json.dumps({"parameters": written, "values": values}))


def chart(expression: str, *, app: str = "", more: Files = MappingProxyType({})) -> Files:
    template = CONFIG_MAP.replace("info", f"{{{{ {expression} }}}}")
    return {"web/Chart.yaml": CHART, "web/templates/a.yaml": template, "app.yaml": app, **more}


def deployed(files: Files) -> Rendered:
    tree = MemoryTree(files)
    (unit,) = [one for one in survey(tree, Rendering(), DEFAULT_LIMITS).units if one.path == "web"]
    return render(tree, unit, Rendering(), DEFAULT_LIMITS)


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("5", "int64 5"),
        ("10000000", "int64 10000000"),
        ("-7", "int64 -7"),
        ("0", "int64 0"),
        ("9007199254740993", "int64 9007199254740993"),
        ("-9223372036854775808", "int64 -9223372036854775808"),
        ("12345678901234567890", "string 12345678901234567890"),
        ("0x1F", "string 0x1F"),
        ("1e3", "string 1e3"),
        ("007", "string 007"),
        ("1.5", "string 1.5"),
        ("TRUE", "bool true"),
        ("null", "<nil> <nil>"),
        ("{7}", "[]interface {} [7]"),
        ("", "string "),
    ],
)
def test_a_parameter_has_the_type_that_it_has_in_helm(value: str, seen: str) -> None:
    files = chart('printf "%T %v" .Values.n .Values.n | quote', app=application(("n", value, False)))
    assert data_of(deployed(files)) == {"level": seen}


@pytest.mark.parametrize("value", ["5", "true", "null", "1e3", "007"])
def test_a_parameter_that_is_to_be_a_string_stays_one(value: str) -> None:
    files = chart('printf "%T %v" .Values.n .Values.n | quote', app=application(("n", value, True)))
    assert data_of(deployed(files)) == {"level": f"string {value}"}


def test_strings_are_set_over_other_parameters_whatever_their_order() -> None:
    files = chart('printf "%T" .Values.n', app=application(("n", "1", True), ("n", "2", False)))
    assert data_of(deployed(files)) == {"level": "string"}


def test_integers_of_parameters_are_integers_in_lists_and_mappings() -> None:
    dump = 'printf "%T %T %T" (index .Values.a.l 0) .Values.a.m.n .Values.a.k | quote'
    parameters = application(("a.l", "{1}", False), ("a.m.n", "2", False), values="a: {k: 3, l: [4]}")
    assert data_of(deployed(chart(dump, app=parameters))) == {"level": "int64 int64 float64"}


@pytest.mark.parametrize(
    ("name", "here", "seen"),
    [
        ("db.port", ".Values.port", "int64 5"),
        ("global.port", ".Values.global.port", "int64 5"),
        ("db.global.port", ".Values.global.port", "int64 5"),
        ("other.port", ".Values.port", "float64 1"),
    ],
)
def test_integers_of_parameters_are_integers_in_subcharts(name: str, here: str, seen: str) -> None:
    dump = CONFIG_MAP.replace("info", f'{{{{ printf "%T %v" {here} {here} }}}}')
    files = {
        "web/Chart.yaml": CHART,
        "web/charts/db/Chart.yaml": CHART.replace("web", "db"),
        "web/charts/db/values.yaml": "port: 1\n",
        "web/charts/db/templates/a.yaml": dump,
        "app.yaml": application((name, "5", False)),
    }
    assert data_of(deployed(files)) == {"level": seen}


def test_what_is_global_in_the_whole_chart_wins_over_a_parameter_of_a_subchart() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": "global: {port: 7}\n",
        "web/charts/db/Chart.yaml": CHART.replace("web", "db"),
        "web/charts/db/templates/a.yaml": CONFIG_MAP.replace("info", "{{ .Values.global.port }}"),
        "app.yaml": application(("db.global.port", "5", False)),
    }
    assert data_of(deployed(files)) == {"level": 7}


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("5", "float64 5"),
        ("10000000", "float64 1e+07"),
        ("0x1F", "float64 31"),
        ("1e3", "float64 1000"),
        ("007", "float64 7"),
        ("12345678901234567890", "float64 1.2345678901234567e+19"),
        ("-2.5", "float64 -2.5"),
        ("no", "bool false"),
        ("'5'", "string 5"),
        ("[1]", "[]interface {} [1]"),
    ],
)
@pytest.mark.parametrize("where", ["values.yaml", "values-x.yaml", "inline"])
def test_values_of_files_have_the_type_that_they_have_in_helm(written: str, seen: str, where: str) -> None:
    files = chart('printf "%T %v" .Values.a .Values.a | quote')
    if where == "inline":
        made = deployed({**files, "app.yaml": application(values=f"a: {written}")})
    else:
        made = rendered({**files, f"web/{where}": f"a: {written}"}, variant=where if "-" in where else "")
    assert data_of(made) == {"level": seen}


def test_all_documents_of_a_values_file_count() -> None:
    files = chart("toJson .Values | quote", more={"web/values-x.yaml": "a: 1\nb: 1\n--- # more\nb: 2\n---\n"})
    assert data_of(rendered(files, variant="values-x.yaml")) == {"level": '{"a":1,"b":2}'}


@pytest.mark.parametrize("value", ["text", "null", "[1]", "1"])
def test_a_parameter_of_a_field_of_what_is_no_mapping_is_an_error(value: str) -> None:
    files = chart(".Values.m.k", app=application(("m.k", "5", False), values=f"m: {value}"))
    code, path, _, message = problem(deployed(files))
    assert (code, path) == ("rendering-failed", "web/Chart.yaml")
    assert message.endswith("a parameter sets a field of `m`, which is no mapping in the values")


def test_a_chart_that_ignores_what_sets_the_types_is_an_error() -> None:
    files = chart(".Values.n", app=application(("n", "5", False)), more={"web/.helmignore": "d\n"})
    assert "Helm ignores some" in problem(deployed(files))[3]


def test_a_template_deeper_than_what_sets_the_types_is_an_error() -> None:
    more = {f"web/templates/{'d/' * 50}a.yaml": "# nothing"}
    files = chart(".Values.n", app=application(("n", "5", False)), more=more)
    assert "too deep" in problem(deployed(files))[3]


def test_a_template_may_stand_deep_where_no_parameter_is_a_number() -> None:
    more = {f"web/templates/{'d/' * 50}a.yaml": "# nothing"}
    assert data_of(deployed(chart(".Values.n | quote", app=application(("n", "5", True)), more=more))) == {
        "level": "5"
    }
