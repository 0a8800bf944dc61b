from __future__ import annotations

import json

import pytest

from policy_engine.changes.rendering import Tool
from policy_engine.changes.settings.model import Rendering
from tests.unit.changes.rendering.surveyed import CONFIG_MAP, only_unit, surveyed

BASE = {"base/kustomization.yaml": "resources: [a.yaml]", "base/a.yaml": CONFIG_MAP}


def test_a_kustomization_that_no_other_uses_is_a_unit() -> None:
    unit = only_unit({**BASE, "prod/kustomization.yml": "resources: [../base]"})
    assert unit.key == (Tool.KUSTOMIZE, "prod", "")
    assert (unit.title, unit.namespace, unit.file) == ("kustomization prod", "default", "prod/kustomization.yml")


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_a_kustomization_may_be_at_the_root(name: str) -> None:
    unit = only_unit({name: "resources: [a.yaml]", "a.yaml": CONFIG_MAP})
    assert (unit.path, unit.inputs) == ("", (name, "a.yaml"))


def test_a_component_is_no_unit_and_what_nobody_uses_of_it_is_judged_as_it_is_written() -> None:
    files = {"c/kustomization.yaml": "kind: Component\nresources: [a.yaml]", "c/a.yaml": CONFIG_MAP}
    found = surveyed(files)
    assert found.units == ()
    assert not found.is_part("c/a.yaml")


def test_everything_that_a_kustomization_and_its_bases_read_is_an_input_and_a_part() -> None:
    value = {
        "resources": ["../base", "more.yaml"],
        "components": ["../component"],
        "crds": ["crd.json"],
        "configurations": ["names.yaml"],
        "openapi": {"path": "openapi.json"},
        "patches": [{"path": "patch.yaml"}, {"patch": "- op: remove\n  path: /x"}],
        "patchesStrategicMerge": ["merge.yaml", "kind: Pod\nmetadata: {name: a}\n"],
        "patchesJson6902": [{"path": "json.yaml"}],
        "replacements": [{"path": "replace.yaml"}, {"source": {}}],
        "configMapGenerator": [{"files": ["a.txt", "key=b.txt"], "envs": ["c.env"], "env": "d.env"}],
        "secretGenerator": [{"files": ["e.txt"]}],
        "transformers": ["transform.yaml", "kind: PrefixTransformer\nprefix: a\n"],
    }
    names = ["more.yaml", "crd.json", "names.yaml", "openapi.json", "patch.yaml", "merge.yaml", "json.yaml"]
    names += ["replace.yaml", "a.txt", "b.txt", "c.env", "d.env", "e.txt", "transform.yaml", "set.yaml"]
    files = {f"prod/{name}": "" for name in names}
    files["prod/transform.yaml"] = "kind: PatchTransformer\npath: set.yaml\n"
    files["prod/kustomization.yaml"] = json.dumps(value)
    files["component/kustomization.yaml"] = "kind: Component\npatches: [{path: p.yaml}]"
    files["component/p.yaml"] = ""
    found = surveyed({**BASE, **files, "prod/other.yaml": CONFIG_MAP})
    (unit,) = found.units
    assert unit.broken == ()
    assert {path for path in {**BASE, **files} if unit.reads(path)} == {*BASE, *files}
    assert {path for path in {**BASE, **files} if found.is_part(path)} == {*BASE, *files}
    assert not unit.reads("prod/other.yaml")
    assert not found.is_part("prod/other.yaml")


def test_files_of_kustomizations_are_manifests_again_when_kustomize_is_switched_off() -> None:
    found = surveyed(BASE, Rendering(kustomize=False))
    assert found.units == ()
    assert not found.is_part("base/a.yaml")


def test_settings_say_which_kustomizations_are_rendered() -> None:
    files = {**BASE, "prod/kustomization.yaml": "resources: [../base, b.yaml]", "prod/b.yaml": CONFIG_MAP}
    found = surveyed(files, Rendering(kustomizations=("base",)))
    assert [unit.path for unit in found.units] == ["base"]
    assert not found.is_part("prod/b.yaml")


def test_kustomizations_that_use_each_other_in_a_circle_are_not_forgotten() -> None:
    files = {"a/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../a]"}
    assert only_unit(files).path == "a"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("https://example.com/a.yaml", "`https://example.com/a.yaml` is fetched from elsewhere"),
        ("git@example.com:a/b", "`git@example.com:a/b` is fetched from elsewhere"),
        ("git::https://example.com/a", "`git::https://example.com/a` is fetched from elsewhere"),
        ("github.com/a/b/c?ref=v1", "`github.com/a/b/c?ref=v1` is fetched from elsewhere"),
        ("file:///etc/passwd", "`file:///etc/passwd` is fetched from elsewhere"),
        ("/etc/passwd", "`/etc/passwd` is no path in the repository"),
        ("~/x.yaml", "`~/x.yaml` is no path in the repository"),
        ("../../outside", "`../../outside` leads out of the repository"),
        ("../..", "`../..` leads out of the repository"),
        ("gone.yaml", "`gone.yaml` is not there"),
        ("link.yaml", "`link.yaml` leads through the symbolic link `k/link.yaml`"),
        ("folder/x.yaml", "`folder/x.yaml` leads through the symbolic link `k/folder`"),
    ],
)
@pytest.mark.parametrize(
    "field",
    [
        ("resources", "{}"),
        ("components", "{}"),
        ("bases", "{}"),
        ("crds", "{}"),
        ("transformers", "{}"),
        ("generators", "{}"),
        ("patches", "path: {}"),
        ("replacements", "path: {}"),
        ("configMapGenerator", "{{name: a, files: ['key={}']}}"),
        ("secretGenerator", "{{name: a, envs: ['{}']}}"),
    ],
    ids=lambda field: field[0],
)
def test_what_is_not_in_the_repository_is_refused_at_its_line(
    field: tuple[str, str], written: str, message: str
) -> None:
    name, entry = field
    text = f"namePrefix: a-\n{name}:\n- {entry.format(written)}\n"
    links = {"k/link.yaml": "/etc/passwd", "k/folder": "/etc"}
    (fault,) = only_unit({"k/kustomization.yaml": text}, links=links).broken
    assert (fault.code, fault.path, fault.message) == ("rendering-refused", "k/kustomization.yaml", message)
    assert fault.place is not None
    assert fault.place.line == 3
    assert fault.help


@pytest.mark.parametrize(
    "field", ["helmCharts: [{name: x, repo: 'https://x'}]", "helmChartInflationGenerator: [{}]", "helmGlobals: {}"]
)
def test_kustomize_never_runs_helm(field: str) -> None:
    (fault,) = only_unit({"kustomization.yaml": field}).broken
    assert fault.message == f"`{field.partition(':')[0]}` has kustomize run Helm"


def test_a_generator_that_runs_helm_is_refused_in_its_own_file() -> None:
    files = {
        "kustomization.yaml": "generators: [g.yaml]",
        "g.yaml": "kind: HelmChartInflationGenerator\nname: x\n",
    }
    (fault,) = only_unit(files).broken
    assert (fault.path, fault.message) == ("g.yaml", "`HelmChartInflationGenerator` has kustomize run Helm")


def test_what_a_base_must_not_name_is_an_error_of_what_is_built_on_it() -> None:
    files = {"a/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [/etc/passwd]"}
    (fault,) = only_unit(files).broken
    assert fault.path == "b/kustomization.yaml"


@pytest.mark.parametrize(
    ("text", "code"), [("a: b: c", "yaml-syntax"), ("a: 1\na: 2", "duplicate-key"), ("[]", "rendering-failed")]
)
def test_a_kustomization_that_does_not_parse_is_an_error(text: str, code: str) -> None:
    (fault,) = only_unit({"kustomization.yaml": text}).broken
    assert fault.code == code


def test_two_kustomizations_in_one_folder_are_an_error() -> None:
    (fault,) = only_unit({"kustomization.yaml": "namePrefix: a", "Kustomization": "namePrefix: b"}).broken
    assert fault.message == "`Kustomization` is a kustomization of the same folder"


def test_a_folder_without_a_kustomization_is_an_error() -> None:
    (fault,) = only_unit({"a/kustomization.yaml": "resources: [../b]", "b/x.yaml": CONFIG_MAP}).broken
    assert fault.message == "the folder `b` holds no kustomization"
