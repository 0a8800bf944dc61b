"""Files of a change that cannot be read: faults where a manifest may be, and only told where none can be."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.changes.contents import may_hold_objects
from policy_engine.gating.gate import Judged
from tests.git_repositories import TestRepository
from tests.unit.gating.conftest import SETTINGS, config_map, policy

Gate = Callable[..., Judged]

TEMPLATE = """
apiVersion: scaffolder.backstage.io/v1beta3
kind: Template
metadata: {name: service}
spec:
  steps:
  - action: fetch:template
    input: {url: ./skeleton}
  - action: fetch:template
    input: {url: "./skeletons/${{ parameters.language }}"}
"""
SKELETON = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: ${{ values.name }}
  {%- if values.team %}
  labels: {team: x}
  {%- endif %}
data: {key: ${{ values.key }}}
"""


def broken(judged: Judged) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in judged.report.broken]


def told(judged: Judged) -> list[tuple[str, str]]:
    return [(one.path, one.code) for one in judged.report.notices]


@pytest.mark.parametrize(
    ("path", "text", "code"),
    [
        ("tsconfig.json", '{\n  // comments\n  "strict": true,\n}\n', "json-syntax"),
        ("inventory.yml", "- hosts: {{ all }}\n", "helm-template"),
        ("table.yaml", "a: 1\na: 2\n", "duplicate-key"),
        ("notes.yaml", "a: [\n", "yaml-syntax"),
    ],
)
def test_a_broken_file_that_cannot_be_a_manifest_is_told_and_blocks_nothing(
    gate: Gate, path: str, text: str, code: str
) -> None:
    judged = gate({path: text})
    assert (broken(judged), told(judged)) == ([], [(path, code)])
    assert "nothing in it says `apiVersion`" in judged.report.notices[0].message
    assert told(gate({path: text + "\n"})) == [], "it was so before"


@pytest.mark.parametrize(
    "text",
    [
        "apiVersion: v1\nkind: [\n",
        "---\na: 1\na: 2\n---\napiVersion: v1\n",
        '{"\\u0061piVersion" "v1"}',
        '"\\x61piVersion": v1\na: [\n',
        '"api\\\n  Version": v1\na: [\n',
        "!!binary YXBpVmVyc2lvbg==: v1\na: [\n",
        "? !<tag:yaml.org,2002:binary> YXBpVmVyc2lvbg==\n: v1\na: [\n",
        '? "api\\\u0085Version"\n: v1\na: 1\na: 2\n',
        "{?!!binary YXBpVmVyc2lvbg==: v1, a: 1, a: 2}\n",
    ],
)
def test_a_broken_file_that_another_reader_may_take_for_a_manifest_blocks(gate: Gate, text: str) -> None:
    assert may_hold_objects(text.encode())
    assert [path for path, _ in broken(gate({"some.yaml": text}))] == ["some.yaml"]


def test_bytes_that_are_no_text_may_be_a_manifest_to_somebody() -> None:
    assert may_hold_objects(b"a: \xff\n")
    assert may_hold_objects("apiVersion: v1".encode("utf-16"))
    assert not may_hold_objects("a: b\n".encode("utf-16"))


def test_a_file_that_held_objects_and_is_broken_now_blocks(gate: Gate) -> None:
    gate({"some.yaml": config_map("a", "good")})
    assert broken(gate({"some.yaml": "data: [\n"})) == [("some.yaml", "yaml-syntax")]


def test_what_a_policy_about_files_cannot_judge_blocks(repository: TestRepository, gate: Gate) -> None:
    rule = policy("files", "true", resources="files", group="polgate.io", extra="  failurePolicy: Fail")
    repository.commit({".polgate.yaml": SETTINGS, "policies/files.yaml": rule})
    assert broken(gate({"tsconfig.json": '{"a": ['})) == [("tsconfig.json", "json-syntax")]


@pytest.mark.parametrize("version", ["scaffolder.backstage.io/v1beta3", "backstage.io/v1beta2"])
def test_templates_of_backstage_are_told_and_not_judged(gate: Gate, version: str) -> None:
    template = TEMPLATE.replace("scaffolder.backstage.io/v1beta3", version)
    judged = gate({"t/template.yaml": template, "t/skeleton/a.yaml": SKELETON, "t/skeletons/go/b.yaml": SKELETON})
    assert broken(judged) == []
    assert told(judged) == [("t/skeleton/a.yaml", "helm-template"), ("t/skeletons/go/b.yaml", "helm-template")]


def test_a_template_elsewhere_blocks(gate: Gate) -> None:
    judged = gate({"t/template.yaml": TEMPLATE, "deploy/a.yaml": SKELETON})
    assert broken(judged) == [("deploy/a.yaml", "helm-template")]


@pytest.mark.parametrize("chart", ["", "web/"])
def test_a_template_that_a_chart_keeps_for_tpl_is_judged_as_the_chart_renders_it(gate: Gate, chart: str) -> None:
    name = "{{ .Release.Name }}"
    source = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata: {{key: bad}}\n"
    judged = gate(
        {
            f"{chart}Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n",
            f"{chart}files/map.yaml": source,
            f"{chart}templates/map.yaml": '{{ tpl (.Files.Get "files/map.yaml") . }}\n',
        }
    )
    assert (broken(judged), told(judged)) == ([], [(f"{chart}files/map.yaml", "helm-template")])
    assert [finding.message for finding in judged.report.findings] == ["bad is not allowed"]


@pytest.mark.parametrize("url", [".", "..", "../..", "/", "https://example.com/skeleton", "${{ parameters.all }}"])
def test_no_template_of_backstage_takes_in_the_repository(gate: Gate, url: str) -> None:
    judged = gate({"template.yaml": TEMPLATE.replace("./skeleton}", f'"{url}"}}'), "deploy/a.yaml": SKELETON})
    assert broken(judged) == [("deploy/a.yaml", "helm-template")]


def test_what_other_tools_would_read_is_no_template(gate: Gate) -> None:
    """Some readers take a key that stands twice: that file could be deployed."""
    twice = config_map("a", "bad") + "# {{ }}\ndata: {key: good}\n"
    judged = gate({"t/template.yaml": TEMPLATE, "t/skeleton/a.yaml": twice})
    assert broken(judged) == [("t/skeleton/a.yaml", "duplicate-key")]


@pytest.mark.parametrize("path", ["t/skeleton/a.yaml", "web/files/a.yaml"])
@pytest.mark.parametrize(
    "text",
    [
        config_map("a", "bad") + 'args: [a:,"b"]\n# {{ x }}\n',
        "# {{\n" + config_map("a", "bad") + 'args: [a:,"b"]\n# }}\n',
        config_map("a", "bad") + 'args: [a:,"b", "{{ x }}"]\n',
    ],
)
def test_what_is_broken_without_its_actions_too_is_no_template(gate: Gate, path: str, text: str) -> None:
    """kubectl reads this list, and we do not."""
    chart = {"web/Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"}
    assert broken(gate({"t/template.yaml": TEMPLATE, **chart, path: text})) == [(path, "helm-template")]


def test_a_chart_by_a_link_is_none(repository: TestRepository, gate: Gate) -> None:
    repository.commit({"web/meta.yaml": "apiVersion: v2\nname: web\nversion: 1.0.0\n"})
    (repository.folder / "web" / "Chart.yaml").symlink_to("meta.yaml")
    judged = gate({"web/files/a.yaml": SKELETON})
    assert broken(judged) == [("web/Chart.yaml", "link-not-judged"), ("web/files/a.yaml", "helm-template")]


def test_objects_in_a_skeleton_that_can_be_read_are_judged(gate: Gate) -> None:
    judged = gate({"t/template.yaml": TEMPLATE, "t/skeleton/a.yaml": config_map('"${{ values.name }}"', "bad")})
    assert [finding.path for finding in judged.report.findings] == ["t/skeleton/a.yaml"]


def test_names_that_are_still_to_come_are_no_doubles(gate: Gate) -> None:
    named = config_map('"${{ values.name }}"', "good")
    judged = gate({"one/a.yaml": named, "two/a.yaml": named})
    assert (broken(judged), judged.report.objects) == ([], 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_what_says_how_others_are_deployed_hides_its_group_from_nobody(gate: Gate, encoding: str) -> None:
    """They are found by their text: one that is not would have its chart rendered without its values."""
    text = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\n"
    assert broken(gate({"a.yaml": text})) == []
    hidden = text.replace("argoproj.io/v1alpha1", '"argoproj\\x2eio/v1alpha1"') if encoding == "utf-8" else text
    assert broken(gate({"b.yaml": hidden.replace("name: a", "name: b").encode(encoding)})) == [
        ("b.yaml", "unsupported-value")
    ]
