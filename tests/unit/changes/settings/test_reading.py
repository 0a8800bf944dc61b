"""Settings are read from bytes, and every mistake is told at its line."""

from __future__ import annotations

import textwrap

import pytest

from policy_engine.authoring.files import BrokenFiles
from policy_engine.changes.settings.model import Chart, GateSettings, Place, Target, User
from policy_engine.changes.settings.reading import read_settings

HEAD = "apiVersion: polgate.io/v1alpha1\nkind: GateSettings\n"


def read(text: str) -> GateSettings:
    return read_settings(".polgate.yaml", (HEAD + textwrap.dedent(text)).encode()).settings


def mistakes(data: bytes) -> list[str]:
    with pytest.raises(BrokenFiles) as caught:
        read_settings(".polgate.yaml", data)
    return [f"{mistake.line}:{mistake.column}: {mistake.message}" for mistake in caught.value.mistakes]


def mistakes_of(text: str) -> list[str]:
    return mistakes((HEAD + textwrap.dedent(text)).encode())


def test_a_file_that_says_nothing_gives_the_defaults() -> None:
    assert read("") == GateSettings()


def test_places_are_of_the_repository_or_of_a_checkout() -> None:
    settings = read("policies: [./policies/, {path: base, checkout: ../library}]\nparams: [a//b.yaml]")
    assert settings.policies == (Place(path="policies"), Place(path="base", checkout="../library"))
    assert settings.params == (Place(path="a/b.yaml"),)


def test_everything_that_can_be_said_is_read() -> None:
    settings = read(
        """
        paths: {include: [apps/], exclude: ["*.tmpl.yaml"]}
        targets: [{name: prod, paths: [clusters/prod/]}]
        namespaces: {default: web, labels: {prod: {team: web}}}
        rendering:
          kustomize: no
          charts: [{path: deploy/web, values: [[a.yaml, b.yaml], [c.yaml]], namespace: web, release: front}]
          kustomizations: [overlays/prod]
          timeoutSeconds: 10
          memoryMegabytes: 512
        users: {alice: {username: alice@example.com, groups: [dev], uid: "7"}}
        failOn: warn
        existing: true
        strict: true
        kubernetesVersion: v1.30.4
        """
    )
    assert (settings.include, settings.exclude) == (("apps/",), ("*.tmpl.yaml",))
    assert settings.targets == (Target(name="prod", paths=("clusters/prod/",)),)
    assert (settings.namespaces.default, settings.namespaces.labels) == ("web", {"prod": {"team": "web"}})
    chart = Chart(path="deploy/web", values=(("a.yaml", "b.yaml"), ("c.yaml",)), namespace="web", release="front")
    assert settings.rendering.charts == (chart,)
    assert (settings.rendering.helm, settings.rendering.kustomize) == (True, False)
    assert settings.rendering.kustomizations == ("overlays/prod",)
    assert (settings.rendering.timeout_s, settings.rendering.memory_mb) == (10.0, 512)
    assert settings.users == {"alice": User(username="alice@example.com", groups=("dev",), uid="7")}
    assert (settings.fail_on, settings.existing, settings.strict) == ("warn", True, True)
    assert settings.kubernetes_version == "1.30"


def test_the_root_is_a_folder_without_a_name_where_folders_are_rendered() -> None:
    rendering = read("rendering: {charts: [{path: .}], kustomizations: [./]}").rendering
    assert rendering.charts == (Chart(path=""),)
    assert rendering.kustomizations == ("",)


def test_a_mistake_is_shown_with_its_line_a_caret_and_help() -> None:
    with pytest.raises(BrokenFiles) as caught:
        read("polices: [policies]")
    assert str(caught.value) == (
        ".polgate.yaml:3:1: unknown field `polices`\n"
        "    polices: [policies]\n"
        "    ^\n"
        "    help: did you mean `policies`?"
    )


@pytest.mark.parametrize("field", ["spec: {policies: [policies]}", "metadata: {name: gate}"])
def test_settings_written_like_an_object_are_told_that_every_field_stands_at_the_top(field: str) -> None:
    with pytest.raises(BrokenFiles) as caught:
        read(field)
    (mistake,) = caught.value.mistakes
    assert (mistake.line, mistake.message) == (3, f"unknown field `{field.partition(':')[0]}`")
    assert "every field stands at the top" in mistake.help


def test_a_target_that_is_a_text_is_one_mistake() -> None:
    assert mistakes_of("targets: [a]\n") == ["3:11: expected a mapping, found a text"]
    assert mistakes_of("targets: [{name: a}]\n") == ["3:11: `paths` is missing"]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("policies: policies/", "a list of one is written `[policies/]`"),
        ("paths: {include: '*.yaml'}", 'a list of one is written `["*.yaml"]`'),
        ("rendering: {kustomizations: overlays}", "a list of one is written `[overlays]`"),
        ("targets: {name: a}", "each entry of a list begins with `- `"),
    ],
)
def test_a_text_where_a_list_is_expected_is_told_with_how_to_write_it(text: str, help: str) -> None:
    with pytest.raises(BrokenFiles) as caught:
        read(text)
    (mistake,) = caught.value.mistakes
    assert mistake.help == help


def test_all_mistakes_are_told_at_once_in_the_order_of_lines() -> None:
    assert mistakes_of(
        """\
        policies: [/etc]
        rendering: {helm: maybe}
        failOn: never
        users: {bob: {user: bob}}
        """
    ) == [
        "3:12: `/etc` is absolute",
        "4:13: `helm`: expected true or false, found a text",
        "5:1: unknown failOn `never`",
        "6:9: `username` is missing",
        "6:15: unknown field `user`",
    ]


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/etc/passwd", "`/etc/passwd` is absolute"),
        ("../x", "`../x` may lead out of the repository"),
        ("a/../../b", "`a/../../b` may lead out of the repository"),
        ("'a\\b'", "`a\\b` holds a backslash"),
        ('"a\\0"', "the path holds a control character"),
        ("''", "expected a path, found an empty text"),
    ],
)
def test_a_path_that_leads_out_or_is_none_is_refused(path: str, message: str) -> None:
    assert mistakes_of(f"policies: [{path}]\n") == [f"3:12: {message}"]


@pytest.mark.parametrize("checkout", [".", "./", "a/..", "././"])
def test_a_checkout_that_is_the_repository_itself_is_refused(checkout: str) -> None:
    found = mistakes_of(f"policies: [{{path: x, checkout: {checkout}}}]\n")
    assert found == ["3:22: `checkout` is the repository itself, whose work tree holds the change"]


def test_an_include_that_only_takes_out_is_refused() -> None:
    assert mistakes_of("paths: {include: ['!a', '!b']}\n") == [
        "3:9: `include` takes paths out only, so none would be judged"
    ]


def test_a_version_without_quotes_is_refused_because_it_is_a_number() -> None:
    with pytest.raises(BrokenFiles) as caught:
        read("kubernetesVersion: 1.30")
    (mistake,) = caught.value.mistakes
    assert mistake.message == "`kubernetesVersion`: expected a text, found a number"
    assert mistake.help == "quote it: 1.30 is read as 1.3"


def test_two_targets_or_charts_of_one_name_are_refused() -> None:
    targets = "targets: [{name: a, paths: [x]}, {name: a, paths: [z]}]\n"
    charts = "rendering: {charts: [{path: web}, {path: ./web/}]}\n"
    assert mistakes_of(targets + charts) == [
        "3:35: a second one with name `a`",
        "4:36: a second one with path `web`",
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "0:0: expected one document, GateSettings, found nothing"),
        (b"# nothing\n", "1:1: expected a mapping, found nothing"),
        ((HEAD + "---\n" + HEAD).encode(), "0:0: expected one document, GateSettings, found 2 documents"),
        (b"[]\n", "1:1: expected a mapping, found a list"),
        (b"kind: GateSettings\n", "1:1: `apiVersion` is missing"),
        (b"apiVersion: polgate.io/v2\nkind: GateSettings\n", "1:1: unknown apiVersion `polgate.io/v2`"),
        (b"apiVersion: polgate.io/v1alpha1\nkind: PolicyTest\n", "2:1: unknown kind `PolicyTest`"),
        (b"a: [\n", "2:1: not YAML: expected a value"),
        (b"kind: a\nkind: b\n", "2:1: key `kind` is already set in this mapping"),
        (b"\xff\n", "0:0: not UTF-8 text: found byte 0xff"),
        (b"a: " + b"[" * 30 + b"]" * 30, "1:23: nested more than 20 levels deep, aliases followed"),
    ],
)
def test_a_file_that_is_no_settings_is_refused(data: bytes, message: str) -> None:
    assert mistakes(data) == [message]


def test_a_file_larger_than_a_person_writes_is_refused() -> None:
    assert mistakes(b"#" * (1024 * 1024 + 1)) == ["0:0: larger than 1048576 bytes"]
