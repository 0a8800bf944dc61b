from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from policy_engine.changes.rendering import Rendered
from policy_engine.field_paths import FieldPath
from policy_engine.sources import Document, DocumentReader
from tests.unit.changes.rendering.surveyed import CONFIG_MAP, objects, problem, rendered

pytestmark = pytest.mark.usefixtures("kustomize")

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
      - name: web
        image: web:1
---
apiVersion: v1
kind: Service
metadata:
  name: web
  annotations:
    config.kubernetes.io/origin: "of somebody else"
spec:
  ports:
  - port: 80
"""
MORE = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: a, annotations: {}}
data:
  text: |
    one
    ---
    two
---
apiVersion: v1
kind: ConfigMap
metadata: {name: a-b, annotations: {keep: "1"}}
---
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Secret
  metadata: {name: c, namespace: here}
"""
OVERLAY = """\
resources: [../base]
namePrefix: prod-
namespace: shop
configMapGenerator:
- name: settings
  literals: [level=info]
secretGenerator:
- name: token
  files: [token.txt]
patches:
- path: replicas.yaml
"""
FILES = {
    "deploy/base/kustomization.yaml": "resources: [web.yaml, more.yaml]\n",
    "deploy/base/web.yaml": WEB,
    "deploy/base/more.yaml": MORE,
    "deploy/prod/kustomization.yaml": OVERLAY,
    "deploy/prod/replicas.yaml": f"{WEB[: WEB.index('spec')]}spec:\n  replicas: 3\n",
    "deploy/prod/token.txt": "s3cret",
}


@pytest.fixture(scope="module")
def made(kustomize: None) -> Rendered:
    return rendered(FILES)


def one(made: Rendered, kind: str, name: str) -> Document:
    (found,) = [
        document for document in made.documents if document.kind == kind and document.name.startswith(name)
    ]
    return found


@pytest.mark.parametrize("metadata", [None, "[originAnnotations]", "[managedByLabel]", "[transformerAnnotations]"])
def test_the_objects_are_exactly_those_that_kustomize_makes(metadata: str | None, tmp_path: Path) -> None:
    files = dict(FILES)
    if metadata is not None:
        files["deploy/prod/kustomization.yaml"] += f"buildMetadata: {metadata}\n"
    for path, text in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    build = (
        [shutil.which("kustomize"), "build"]
        if shutil.which("kustomize")
        else [shutil.which("kubectl"), "kustomize"]
    )
    done = subprocess.run([*map(str, build), "deploy/prod"], cwd=tmp_path, capture_output=True, check=True)
    expected = [entry.value for entry in DocumentReader().read("", done.stdout) if isinstance(entry, Document)]
    assert [document.value for document in rendered(files).documents] == expected


def test_each_object_is_shown_in_the_file_it_comes_from(made: Rendered) -> None:
    assert {(document.kind, document.path) for document in made.documents} == {
        ("Deployment", "deploy/base/web.yaml"),
        ("Service", "deploy/base/web.yaml"),
        ("ConfigMap", "deploy/base/more.yaml"),
        ("ConfigMap", "deploy/prod/kustomization.yaml"),
        ("Secret", "deploy/base/more.yaml"),
        ("Secret", "deploy/prod/kustomization.yaml"),
    }


@pytest.mark.parametrize(
    ("kind", "name", "path", "line"),
    [
        ("Deployment", "prod-web", ("spec", "template", "spec", "containers", 0, "image"), 11),
        ("Deployment", "prod-web", ("spec", "template", "spec", "securityContext"), 8),
        ("Deployment", "prod-web", ("metadata", "labels"), 3),
        ("Service", "prod-web", ("spec", "ports", 0, "port"), 21),
        ("ConfigMap", "prod-a-b", ("metadata", "annotations", "keep"), 12),
        ("Secret", "prod-c", ("kind",), 18),
    ],
)
def test_a_field_that_the_file_says_is_found_there(
    made: Rendered, kind: str, name: str, path: FieldPath, line: int
) -> None:
    assert one(made, kind, name).locate(path).start.line == line


@pytest.mark.parametrize(
    ("kind", "name", "path", "line"),
    [
        ("Deployment", "prod-web", ("spec", "replicas"), 1),
        ("Deployment", "prod-web", ("metadata", "name"), 1),
        ("Service", "prod-web", ("metadata", "namespace"), 13),
        ("Service", "prod-web", (), 13),
    ],
)
def test_a_field_that_a_patch_changed_is_shown_at_the_object(
    made: Rendered, kind: str, name: str, path: FieldPath, line: int
) -> None:
    assert one(made, kind, name).locate(path).start.line == line


def test_what_a_generator_made_is_shown_at_its_entry(made: Rendered) -> None:
    config_map, secret = one(made, "ConfigMap", "prod-settings"), one(made, "Secret", "prod-token")
    assert (config_map.path, config_map.locate(("data", "level")).start.line) == (
        "deploy/prod/kustomization.yaml",
        5,
    )
    assert (secret.path, secret.start().line) == ("deploy/prod/kustomization.yaml", 8)


def test_separators_in_strings_do_not_split_objects(made: Rendered) -> None:
    data = [document.value["data"] for document in made.documents if document.name == "prod-a"]
    assert data == [{"text": "one\n---\ntwo\n"}]


def test_a_kustomization_at_the_root_is_rendered(kustomize: None) -> None:
    made = objects(rendered({"kustomization.yaml": "resources: [a/b.yaml]", "a/b.yaml": CONFIG_MAP}))
    assert made["ConfigMap", "settings"].path == "a/b.yaml"


def test_a_kustomization_may_be_json() -> None:
    text = json.dumps({"resources": ["a.yaml"], "nameSuffix": "-x"})
    assert list(objects(rendered({"Kustomization": text, "a.yaml": CONFIG_MAP}))) == [("ConfigMap", "settings-x")]


def test_components_are_rendered_with_what_uses_them() -> None:
    files = {
        "k/kustomization.yaml": "resources: [a.yaml]\ncomponents: [../c]",
        "k/a.yaml": CONFIG_MAP,
        "c/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnamePrefix: c-\n",
    }
    assert list(objects(rendered(files))) == [("ConfigMap", "c-settings")]


@pytest.mark.parametrize(
    ("files", "path", "message"),
    [
        ({"a.yaml": "a: b: c"}, "a.yaml", "mapping values are not allowed in this context"),
        ({"a.yaml": "a: b"}, "kustomization.yaml", "`a.yaml`: missing Resource metadata"),
        (
            {"a.yaml": CONFIG_MAP, "kustomization.yaml": "resources: [a.yaml]\nfoo: 1"},
            "kustomization.yaml",
            'unknown field "foo"',
        ),
        (
            {"a.yaml": CONFIG_MAP, "kustomization.yaml": "resources: [a.yaml, a.yaml]"},
            "kustomization.yaml",
            "may not add resource with an already registered id",
        ),
    ],
)
def test_a_kustomization_that_fails_is_an_error(files: dict[str, str], path: str, message: str) -> None:
    code, at, _, said = problem(rendered({"kustomization.yaml": "resources: [a.yaml]", **files}))
    assert (code, at) == ("rendering-failed", path)
    assert said.startswith("kustomize cannot render this: ")
    assert message in said


def test_a_faulty_secret_is_not_repeated_in_the_message() -> None:
    text = "secretGenerator:\n- name: a\n  literals: [s3cret]\n"
    assert "s3cret" not in problem(rendered({"kustomization.yaml": text}))[3]


def test_messages_name_no_temporary_folder() -> None:
    files = {"k/kustomization.yaml": "resources: [../x]", "x/kustomization.yaml": "resources: [../k]"}
    assert "polgate-render" not in problem(rendered(files))[3]
    assert os.sep + "tmp" not in problem(rendered(files))[3]
