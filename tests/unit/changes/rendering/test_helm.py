from __future__ import annotations

import csv
from pathlib import Path

import pytest

from policy_engine.changes.rendering import Rendered, render, render_all, survey
from policy_engine.changes.settings.model import Chart, Rendering
from policy_engine.field_paths import FieldPath
from policy_engine.sources import DEFAULT_LIMITS
from policy_engine.sources.text import Place
from tests.json_parts import part
from tests.memory_tree import MemoryTree
from tests.unit.changes.rendering.surveyed import (
    CHART,
    CONFIG_MAP,
    Files,
    data_of,
    objects,
    packed,
    problem,
    rendered,
)

TEMPLATE = """\
{{- if .Values.enabled }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: settings
data:
  level: {{ .Values.level }}
  text: |
    a
    ---
    b
  namespace: {{ .Release.Namespace }}
{{- end }}
---
# nothing but a comment
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
      {{- range .Values.containers }}
      - name: {{ . }}
        image: registry/{{ . }}
      {{- end }}
"""
VALUES = "enabled: true\nlevel: info\nreplicas: 2\ncontainers: [a, b]\n"
WEB = {"web/Chart.yaml": CHART, "web/values.yaml": VALUES, "web/templates/a.yaml": TEMPLATE}
CONTAINERS: FieldPath = ("spec", "template", "spec", "containers")


@pytest.fixture(scope="module")
def web_rendered() -> Rendered:
    return rendered(WEB)


def test_a_chart_is_rendered_to_its_objects(web_rendered: Rendered) -> None:
    made = objects(web_rendered)
    assert list(made) == [("ConfigMap", "settings"), ("Deployment", "web")]
    data = made["ConfigMap", "settings"].value["data"]
    assert data == {"level": "info", "text": "a\n---\nb\n", "namespace": "default"}


def test_objects_are_left_as_they_are_rendered_without_a_namespace(web_rendered: Rendered) -> None:
    assert objects(web_rendered)["Deployment", "web"].namespace == ""


def test_values_files_are_put_over_the_charts_own() -> None:
    made = rendered({**WEB, "web/values-prod.yaml": "level: warn\n"}, variant="values-prod.yaml")
    assert part(data_of(made), "level") == "warn"


def test_a_null_in_a_values_file_removes_a_default() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/values.yaml": "a: {b: 1, c: 2}\n",
        "web/values-x.yaml": "a: {b: null}\n",
        "web/templates/a.yaml": CONFIG_MAP.replace("info", "{{ toJson .Values.a | quote }}"),
    }
    assert data_of(rendered(files, variant="values-x.yaml")) == {"level": '{"c":2}'}


def test_objects_have_the_template_as_their_file_and_are_counted_in_it(web_rendered: Rendered) -> None:
    made = web_rendered.documents
    assert [(one.path, one.index) for one in made] == [("web/templates/a.yaml", 0), ("web/templates/a.yaml", 1)]


@pytest.mark.parametrize(
    ("kind", "path", "line", "text"),
    [
        ("Deployment", (), 18, "kind: Deployment"),
        ("Deployment", ("spec", "replicas"), 22, "  replicas: {{ .Values.replicas }}"),
        ("Deployment", (*CONTAINERS, 1, "image"), 28, "        image: registry/{{ . }}"),
        ("Deployment", CONTAINERS, 25, "      containers:"),
        ("Deployment", ("spec", "strategy"), 21, "spec:"),
        ("ConfigMap", ("data", "level"), 7, "  level: {{ .Values.level }}"),
        ("ConfigMap", ("metadata", "name"), 5, "  name: settings"),
        ("ConfigMap", ("metadata", "labels"), 4, "metadata:"),
    ],
)
def test_a_field_is_found_at_the_line_of_the_template_that_it_can_only_come_from(
    web_rendered: Rendered, kind: str, path: FieldPath, line: int, text: str
) -> None:
    (made,) = [one for one in web_rendered.documents if one.kind == kind]
    place = made.locate(path).start
    assert (place.line, made.excerpt(place).text) == (line, text)


TWICE = """\
{{- range .Values.names }}
{{- end }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Values.one }}
data:
  first: yes
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Values.two }}
data:
  second: yes
---
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Values.three }}
"""


def test_a_line_that_could_be_two_is_found_by_those_around_it() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/templates/a.yaml": TWICE,
        "web/values.yaml": "one: a\ntwo: b\nthree: c\n",
    }
    made = rendered(files).documents
    assert [one.locate(("metadata", "name")).start.line for one in made] == [6, 13, 20]
    assert [one.start().line for one in made] == [4, 11, 18]


def test_a_field_that_cannot_be_told_is_at_the_first_line() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/templates/a.yaml": "{{ toYaml .Values.all }}",
        "web/values.yaml": "all:\n  ",
    }
    files["web/values.yaml"] += CONFIG_MAP.replace("\n", "\n  ")
    (made,) = rendered(files).documents
    assert made.locate(("data", "level")).start == Place(1, 1)


def test_crds_are_rendered_too_and_tests_and_notes_are_not() -> None:
    test = CONFIG_MAP.replace("settings", "test\n  annotations: {helm.sh/hook: test}")
    hook = CONFIG_MAP.replace("settings", "hook\n  annotations: {helm.sh/hook: 'pre-install,test'}")
    files = {
        "web/Chart.yaml": CHART,
        "web/crds/c.yaml": CONFIG_MAP.replace("settings", "crd"),
        "web/templates/tests/t.yaml": test,
        "web/templates/h.yaml": hook,
        "web/templates/NOTES.txt": "hello",
        "web/templates/_names.tpl": '{{ define "x" }}{{ end }}',
    }
    assert [(one.name, one.path) for one in rendered(files).documents] == [
        ("crd", "web/crds/c.yaml"),
        ("hook", "web/templates/h.yaml"),
    ]


def test_a_chart_at_the_root_is_rendered() -> None:
    files = {"Chart.yaml": CHART, "templates/a.yaml": CONFIG_MAP, "src/main.go": "x"}
    (made,) = rendered(files).documents
    assert made.path == "templates/a.yaml"


def test_the_version_of_kubernetes_is_what_settings_say() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/templates/a.yaml": CONFIG_MAP.replace("info", "{{ .Capabilities.KubeVersion }}"),
    }
    assert data_of(rendered(files, kube_version="1.29")) == {"level": "v1.29.0"}


def test_lookup_finds_nothing_without_a_cluster() -> None:
    template = CONFIG_MAP.replace("info", '{{ lookup "v1" "Secret" "a" "b" | toJson | quote }}')
    assert data_of(rendered({"web/Chart.yaml": CHART, "web/templates/a.yaml": template})) == {"level": "{}"}


DEPENDENT = (
    CHART
    + "dependencies:\n- {name: db, version: '*', alias: store, condition: store.enabled, repository: 'file://../db'}\n"
)
DB = {
    "db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 1.0.0\n",
    "db/templates/d.yaml": CONFIG_MAP.replace("settings", "{{ .Chart.Name }}"),
}


def web(files: Files) -> list[tuple[str, str]]:
    tree = MemoryTree(files)
    (unit,) = [one for one in survey(tree, Rendering(), DEFAULT_LIMITS).units if one.path == "web"]
    made = render(tree, unit, Rendering(), DEFAULT_LIMITS)
    assert made.broken == ()
    return [(one.name, one.path) for one in made.documents]


def test_a_dependency_of_the_repository_is_rendered_under_its_alias() -> None:
    assert web({"web/Chart.yaml": DEPENDENT, **DB}) == [("store", "db/templates/d.yaml")]


def test_a_dependency_that_its_condition_switches_off_is_not_rendered() -> None:
    assert web({"web/Chart.yaml": DEPENDENT, "web/values.yaml": "store: {enabled: false}", **DB}) == []


def test_a_vendored_dependency_is_found_in_its_own_folder() -> None:
    vendored = {f"web/charts/anything{path[2:]}": text for path, text in DB.items()}
    files = {"web/Chart.yaml": DEPENDENT, **vendored}
    assert web(files) == [("store", "web/charts/anything/templates/d.yaml")]


def test_a_packaged_dependency_is_shown_as_its_archive() -> None:
    files: Files = {"web/Chart.yaml": DEPENDENT, "web/charts/db-1.0.0.tgz": packed(DB)}
    assert web(files) == [("store", "web/charts/db-1.0.0.tgz")]


def test_a_dependency_of_a_dependency_is_rendered() -> None:
    files = {
        "web/Chart.yaml": CHART + "dependencies: [{name: mid, version: '*', repository: 'file://../mid'}]\n",
        "mid/Chart.yaml": DEPENDENT.replace("name: web", "name: mid"),
        **DB,
    }
    assert web(files) == [("store", "db/templates/d.yaml")]


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("a: 1\nb: {{ .Values.x.y }}", 2, "nil pointer evaluating interface {}.y"),
        ('a: 1\n\n{{ fail "no" }}', 3, "no"),
        ("a: {{ nothing }}", 1, 'function "nothing" not defined'),
        ('{{ include "gone" . }}', 1, 'no template "gone" associated with template "gotpl"'),
        ('a: {{ required "say which" .Values.x }}', 1, "say which"),
    ],
)
def test_a_template_that_fails_is_an_error_at_its_line(template: str, line: int, message: str) -> None:
    code, path, at, said = problem(rendered({"web/Chart.yaml": CHART, "web/templates/a.yaml": template}))
    assert (code, path, at) == ("rendering-failed", "web/templates/a.yaml", line)
    assert said.startswith("Helm cannot render this: ")
    assert said.endswith(message)


def test_a_fault_in_a_helper_is_shown_in_the_helper() -> None:
    files = {
        "web/Chart.yaml": CHART,
        "web/templates/a.yaml": '\n\n{{ include "help" . }}',
        "web/templates/_help.tpl": '{{ define "help" }}\n{{ .Values.a.b }}\n{{ end }}',
    }
    assert problem(rendered(files))[1:3] == ("web/templates/_help.tpl", 2)


def test_values_that_do_not_fit_the_schema_are_an_error() -> None:
    schema = '{"properties": {"replicas": {"type": "string"}}}'
    code, path, _, message = problem(rendered({**WEB, "web/values.schema.json": schema}))
    assert (code, path) == ("rendering-failed", "web/Chart.yaml")
    assert "`web`: `replicas`: got number, want string" in message


@pytest.mark.parametrize(
    ("template", "line", "message"),
    [
        ("{{/* x */}}\na: 1", 2, "renders what is no Kubernetes object: it has no apiVersion and no kind"),
        ("apiVersion: v1\nkind: Pod\n  a: b\n", 3, "renders what cannot be read"),
        ("apiVersion: v1\nkind: Pod\nkind: Pod\n", 0, "renders what cannot be read"),
    ],
)
def test_a_template_that_renders_no_object_is_an_error(template: str, line: int, message: str) -> None:
    code, path, at, said = problem(rendered({"web/Chart.yaml": CHART, "web/templates/a.yaml": template}))
    assert (code, path, at) == ("rendering-failed", "web/templates/a.yaml", line)
    assert said.startswith(message)


def test_units_of_several_trees_are_rendered_in_order() -> None:
    trees = [MemoryTree({**WEB, "web/values.yaml": VALUES.replace("2", str(count))}) for count in range(5)]
    units = [(tree, survey(tree, Rendering(), DEFAULT_LIMITS).units[0]) for tree in trees]
    made = render_all(units, Rendering(), DEFAULT_LIMITS)
    replicas = [part(objects(one)["Deployment", "web"].value, "spec", "replicas") for one in made]
    assert replicas == [0, 1, 2, 3, 4]


def test_other_files_of_a_chart_are_there_for_templates_that_read_them() -> None:
    template = CONFIG_MAP.replace("info", '{{ .Files.Get "config/a.txt" | quote }}')
    files = {"web/Chart.yaml": CHART, "web/templates/a.yaml": template, "web/config/a.txt": "hello"}
    assert data_of(rendered(files)) == {"level": "hello"}


PROGRAM = """\
#!/bin/sh
echo "---"
echo "# Source: web/templates/a.yaml"
echo "apiVersion: v1"
echo "kind: ConfigMap"
echo "metadata: {name: settings}"
echo "data:"
for word in "$@"; do echo "  \\"${word##*/}\\": here"; done
echo "---"
echo "# Source: web/charts/store/templates/d.yaml"
echo "apiVersion: v1"
echo "kind: ConfigMap"
echo "metadata: {name: store}"
"""


def test_without_the_library_the_program_helm_renders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "helm"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("policy_engine.changes.rendering.renderers._HELM_PACKAGE", "no_such_package")
    files = {"web/Chart.yaml": DEPENDENT, "web/templates/a.yaml": "", "web/values-x.yaml": "", **DB}
    chart = Chart(path="web", values=(("web/values-x.yaml",),), namespace="shop", release="front")
    settings = Rendering(charts=(chart,))
    tree = MemoryTree(files)
    (unit,) = [one for one in survey(tree, settings, DEFAULT_LIMITS).units if one.path == "web"]
    made = objects(render(tree, unit, settings, DEFAULT_LIMITS, kube_version="1.30"))
    assert [one.path for one in made.values()] == ["db/templates/d.yaml", "web/templates/a.yaml"]
    words = ["template", "--namespace", "shop", "--include-crds", "--kube-version", "v1.30.0"]
    data = made["ConfigMap", "settings"].value["data"]
    assert isinstance(data, dict)
    assert list(data) == [*words, "--values", "values-x.yaml", "--", "front", "web"]


def test_a_values_file_may_have_commas_and_quotes_in_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "helm"
    program.write_text(f'#!/bin/sh\nfor word in "$@"; do echo "$word" >> {tmp_path}/words; done\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("policy_engine.changes.rendering.renderers._HELM_PACKAGE", "no_such_package")
    for path in ("web/values-a,b.yaml", 'web/values-"c".yaml', "web/values-d e.yaml"):
        assert rendered({**WEB, path: ""}, variant=path.removeprefix("web/")).broken == ()
    words = (tmp_path / "words").read_text().splitlines()
    written = [words[index + 1] for index, word in enumerate(words) if word == "--values"]
    # Source: encoding/csv, which spf13/pflag reads string slices with, as Python's module does.
    paths = [path for (path,) in csv.reader(written)]
    assert [path.rpartition("/")[2] for path in paths] == ["values-a,b.yaml", 'values-"c".yaml', "values-d e.yaml"]


ELSEWHERE = CHART + "dependencies:\n- name: db\n  version: ^1.0.0\n  repository: oci://registry.example/charts\n"
LOCK = "dependencies:\n- {name: db, repository: 'oci://registry.example/charts', version: 1.0.0}\n"


def test_a_dependency_is_taken_from_a_folder_beside_the_repository(tmp_path: Path) -> None:
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    (tmp_path / "db-extras-1.0.0.tgz").write_bytes(b"another chart")
    files = {"web/Chart.yaml": ELSEWHERE, "web/Chart.lock": LOCK}
    made = rendered(files, Rendering(dependencies=str(tmp_path)))
    (store,) = objects(made).values()
    assert (store.path, store.locate(("data", "level")).start) == ("web/Chart.yaml", Place(5, 3))


def test_the_lock_file_says_which_version_is_meant(tmp_path: Path) -> None:
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    (tmp_path / "db-1.1.0.tgz").write_bytes(b"not this one")
    settings = Rendering(dependencies=str(tmp_path))
    assert objects(rendered({"web/Chart.yaml": ELSEWHERE, "web/Chart.lock": LOCK}, settings))
    gone = LOCK.replace("1.0.0", "1.2.0")
    code, path, line, message = problem(rendered({"web/Chart.yaml": ELSEWHERE, "web/Chart.lock": gone}, settings))
    assert (code, path, line) == ("rendering-refused", "web/Chart.yaml", 5)
    assert message == f"the dependency `db`, version `1.2.0`, is not in the repository, nor in `{tmp_path}`"


@pytest.mark.parametrize("version", [">=2.0.0", "^1.0.0", "1.0", "1.0.0 - 2.0.0", "*", ""])
@pytest.mark.parametrize("lock", ["", "dependencies: [{name: other, version: 1.0.0}]"])
def test_a_range_without_a_lock_is_refused_though_there_is_but_one_package(
    tmp_path: Path, version: str, lock: str
) -> None:
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    files = {"web/Chart.yaml": ELSEWHERE.replace("^1.0.0", f"'{version}'"), "web/Chart.lock": lock}
    made = rendered(files, Rendering(dependencies=str(tmp_path)))
    said = "the dependency `db` is not in the repository, and no lock says which version of it is meant"
    assert problem(made) == ("rendering-refused", "web/Chart.yaml", 5, said)
    assert "commit `Chart.lock`" in made.broken[0].help


def test_an_exact_version_needs_no_lock(tmp_path: Path) -> None:
    assert versions(tmp_path, ELSEWHERE.replace("^1.0.0", "1.0.0")) == [("db", "1.0.0", 5)]


def versions(folder: Path, chart: str, files: Files | None = None) -> list[tuple[str, str, int]]:
    """Render a chart with packages of `db` beside it. Give names, versions, and the lines they are shown at."""
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {name: '{{ .Chart.Name }}', "
    for version in ("1.0.0", "2.0.0", "2.0.0+b"):
        template = f"{text}version: '{{{{ .Chart.Version }}}}', level: '{{{{ .Values.level }}}}'}}\n"
        package: Files = {
            "db/Chart.yaml": DB["db/Chart.yaml"].replace("1.0.0", version),
            "db/templates/d.yaml": template,
        }
        (folder / f"db-{version}.tgz").write_bytes(packed(package))
    made = rendered({"web/Chart.yaml": chart, **(files or {})}, Rendering(dependencies=str(folder)))
    assert made.broken == ()
    return sorted(
        (
            str(part(one.value, "data", "name")),
            str(part(one.value, "data", "version")),
            one.locate(("data",)).start.line,
        )
        for one in made.documents
    )


BOTH = "dependencies:\n- {name: db, version: '*', alias: a}\n- {name: db, version: '*', alias: b}\n"
LOCK_OF_BOTH = "dependencies:\n- {name: db, version: 1.0.0}\n- {name: db, version: 2.0.0}\n"


def test_dependencies_of_one_name_each_have_their_own_version_in_the_lock(tmp_path: Path) -> None:
    found = versions(tmp_path, CHART + BOTH, {"web/Chart.lock": LOCK_OF_BOTH})
    assert found == [("a", "1.0.0", 5), ("b", "2.0.0", 6)]
    files = {"web/requirements.yaml": BOTH, "web/requirements.lock": LOCK_OF_BOTH}
    assert versions(tmp_path, CHART.replace("v2", "v1"), files) == [("a", "1.0.0", 2), ("b", "2.0.0", 3)]


def test_a_version_that_helm_does_not_tell_from_another_is_refused(tmp_path: Path) -> None:
    (tmp_path / "db-1.0.0+a.tgz").write_bytes(packed(DB))
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    lock = LOCK_OF_BOTH.replace("2.0.0", "1.0.0+a")
    made = rendered(
        {"web/Chart.yaml": CHART + BOTH, "web/Chart.lock": lock}, Rendering(dependencies=str(tmp_path))
    )
    said = "Helm does not tell `db` 1.0.0+a from 1.0.0, which the chart depends on as well"
    assert problem(made) == ("rendering-refused", "web/Chart.yaml", 6, said)


@pytest.mark.parametrize(
    "field", ["version: ^1.0.0", "'ver\u017fion': ^1.0.0", "version: ^1.0.0\n  Version: ^1.0.0"]
)
def test_a_package_is_rendered_though_the_lock_does_not_fit_what_the_chart_asks_for(
    tmp_path: Path, field: str
) -> None:
    asks = ELSEWHERE.replace("version: ^1.0.0", f"{field}\n  alias: store")
    assert versions(tmp_path, asks, {"web/Chart.lock": LOCK.replace("1.0.0", "2.0.0")}) == [("store", "2.0.0", 5)]


def test_what_a_chart_says_besides_is_kept_where_a_version_is_written(tmp_path: Path) -> None:
    template = CONFIG_MAP.replace("info", "{{ .Chart.Description | quote }}")
    said = "a \U0001f600 \\ud83d é"
    chart = ELSEWHERE.replace("^1.0.0", "1.0.0") + f"description: '{said}'\n"
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed({"db/Chart.yaml": DB["db/Chart.yaml"]}))
    made = rendered(
        {"web/Chart.yaml": chart, "web/templates/a.yaml": template}, Rendering(dependencies=str(tmp_path))
    )
    assert data_of(made) == {"level": said}


@pytest.mark.parametrize("repository", ["file://../db", "https://charts.example"])
def test_a_file_where_dependencies_belong_is_an_error_at_the_chart(tmp_path: Path, repository: str) -> None:
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    asks = CHART + f"dependencies: [{{name: db, version: 1.0.0, repository: '{repository}'}}]\n"
    local = DB if repository.startswith("file:") else {}
    tree = MemoryTree({"web/Chart.yaml": asks, "web/charts": "", **local})
    settings = Rendering(dependencies=str(tmp_path))
    units = {one.path: one for one in survey(tree, settings, DEFAULT_LIMITS).units}
    made = render(tree, units["web"], settings, DEFAULT_LIMITS)
    said = "the files of the chart web cannot be put together: `web/charts`: file exists"
    assert problem(made) == ("rendering-refused", "web/Chart.yaml", 0, said)
    assert "in the way" in made.broken[0].help


def test_a_former_chart_whose_dependency_is_gone_is_an_error_at_the_chart() -> None:
    asks = CHART + "dependencies: [{name: db, version: '*', repository: 'file://../db'}]\n"
    base = survey(MemoryTree({"all/charts/web/Chart.yaml": asks, **_beside(DB)}), Rendering(), DEFAULT_LIMITS)
    tree = MemoryTree({"all/charts/web/Chart.yaml": CHART, "all/Chart.yaml": CHART})
    former = survey(tree, Rendering(), DEFAULT_LIMITS, before=base.units).former
    (web,) = [one for one in former if one.path == "all/charts/web"]
    said = (
        "the files of the chart all/charts/web cannot be put together: `all/charts/db`: no such file or directory"
    )
    made = render(tree, web, Rendering(), DEFAULT_LIMITS)
    assert problem(made) == ("rendering-refused", "all/charts/web/Chart.yaml", 0, said)


def test_a_former_chart_that_asks_for_other_packages_is_an_error_there(tmp_path: Path) -> None:
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    settings = Rendering(dependencies=str(tmp_path))
    asks = ELSEWHERE.replace("^1.0.0", "1.0.0")
    base = survey(MemoryTree({"all/charts/web/Chart.yaml": asks}), settings, DEFAULT_LIMITS)
    tree = MemoryTree({"all/charts/web/Chart.yaml": CHART, "all/Chart.yaml": CHART})
    (web,) = survey(tree, settings, DEFAULT_LIMITS, before=base.units).former
    said = "does not ask for the dependency `db` where it did before"
    made = render(tree, web, settings, DEFAULT_LIMITS)
    assert problem(made) == ("rendering-refused", "all/charts/web/Chart.yaml", 0, said)


def _beside(files: Files) -> Files:
    return {f"all/charts/{path}": text for path, text in files.items()}


@pytest.mark.parametrize("name", ["../db", "/etc/passwd", "", "a/../db"])
def test_no_name_of_a_dependency_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    (tmp_path / "inside").mkdir()
    chart = CHART + f"dependencies: [{{name: '{name}', version: 1.0.0}}]\n"
    made = rendered({"web/Chart.yaml": chart}, Rendering(dependencies=str(tmp_path / "inside")))
    assert "is not in the repository" in problem(made)[3]


def test_a_link_in_the_folder_of_dependencies_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "db.tgz").write_bytes(packed(DB))
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "db-1.0.0.tgz").symlink_to(tmp_path / "db.tgz")
    files = {"web/Chart.yaml": ELSEWHERE, "web/Chart.lock": LOCK}
    made = rendered(files, Rendering(dependencies=str(tmp_path / "inside")))
    assert "is not in the repository, nor in" in problem(made)[3]


def test_a_dependency_beside_the_repository_may_be_asked_for_by_a_local_chart(tmp_path: Path) -> None:
    (tmp_path / "db-1.0.0.tgz").write_bytes(packed(DB))
    middle = ELSEWHERE.replace("name: web", "name: mid").replace("- name: db", "- name: db\n  alias: x")
    asks = CHART + "dependencies: [{name: mid, version: '*', repository: 'file://../mid'}]\n"
    tree = MemoryTree({"web/Chart.yaml": asks, "mid/Chart.yaml": middle, "mid/Chart.lock": LOCK})
    settings = Rendering(dependencies=str(tmp_path))
    units = {one.path: one for one in survey(tree, settings, DEFAULT_LIMITS).units}
    (store,) = objects(render(tree, units["web"], settings, DEFAULT_LIMITS)).values()
    assert (store.path, store.start()) == ("mid/Chart.yaml", Place(5, 3))
