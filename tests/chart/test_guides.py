"""The guides to the webhook: the values, objects and alerts that they name are there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import helm_python
import pytest

from policy_engine.cli.webhook import webhook
from webhook.registration.configuration import ALWAYS_EXCLUDED, CONTROL_PLANE
from webhook.registration.disabling import DISABLED

ROOT = Path(__file__).resolve().parent.parent.parent
GUIDES = {
    name: (ROOT / "docs" / "guide" / f"{name}.md").read_text()
    for name in ("installing", "operating", "break-glass")
}
SCHEMA = json.loads((ROOT / "charts" / "polgate" / "values.schema.json").read_text())
TOP = set(SCHEMA["properties"])


def is_value(path: str) -> bool:
    """Tell whether the chart has a value; keys below open maps count."""
    schema: Any = SCHEMA
    for key in path.split("."):
        if schema.get("additionalProperties") is not False:
            return True
        if key not in schema["properties"]:
            return False
        schema = schema["properties"][key]
    return True


@pytest.mark.parametrize("name", GUIDES)
def test_values_that_a_guide_names_are_there(name: str) -> None:
    text = GUIDES[name].split("<!-- generated", 1)[0]
    set_ = re.findall(r"--set(?:-file|-json)? '?([A-Za-z.]+)", text)
    quoted = [path for path in re.findall(r"`([a-z][A-Za-z]*(?:\.[A-Za-z]+)+)", text) if path.split(".")[0] in TOP]
    assert set_ or quoted
    assert [path for path in [*set_, *quoted] if not is_value(path)] == []


@pytest.mark.parametrize("name", GUIDES)
def test_objects_that_a_guide_names_are_those_of_the_chart(name: str, render: Any) -> None:
    kinds = {
        "validatingwebhookconfiguration": "ValidatingWebhookConfiguration",
        "deployment": "Deployment",
        "configmap": "ConfigMap",
        "certificate": "Certificate",
        "secret": "Secret",
    }
    made = {key for values in ("default", "cert-manager") for key in render(values)}
    made |= set(render(more={"policies": {"files": {"a.yaml": "x"}}}))
    made |= {("Secret", "polgate-tls")}  # which cert-manager makes for the Certificate of that name
    commands = re.findall(r"^(kubectl .*)$", GUIDES[name], re.MULTILINE)
    found = [pair for command in commands for pair in re.findall(r"\b([a-z]+)[ /](polgate[a-z-]*)", command)]
    assert [pair for pair in found if pair[0] in kinds and (kinds[pair[0]], pair[1]) not in made] == []


def test_patches_that_the_page_for_the_night_shows_are_json() -> None:
    patches = re.findall(r"-p\s+(?:\\\n\s*)?'([^']*)'", GUIDES["break-glass"])
    assert len(patches) >= 3
    assert all(json.loads(patch) for patch in patches)


def test_selectors_that_a_guide_shows_find_the_pods(render: Any) -> None:
    pods = render()["Deployment", "polgate"]["spec"]["template"]["metadata"]["labels"]
    for text in GUIDES.values():
        for key, value in re.findall(r"--selector ([a-z./-]+)=([a-z]+)", text):
            assert pods[key] == value


def test_the_way_out_is_the_one_that_servers_go_by(chart: helm_python.Chart) -> None:
    notes = chart.render({"image": {"repository": "x"}}, name="polgate", namespace="gate")[
        "polgate/templates/NOTES.txt"
    ]
    for text in (GUIDES["break-glass"], notes):
        assert f"{DISABLED}-\n" in text


def test_namespaces_that_are_never_asked_about_are_named() -> None:
    values = (ROOT / "charts" / "polgate" / "values.yaml").read_text()
    notes = (ROOT / "charts" / "polgate" / "templates" / "NOTES.txt").read_text()
    for text in (GUIDES["break-glass"], values, notes):
        assert all(namespace in text for namespace in (*ALWAYS_EXCLUDED, CONTROL_PLANE))


def test_commands_of_the_page_for_the_night_exist_with_their_options() -> None:
    commands = re.findall(r"(?:^|`)polgate webhook ([^`\n]+)", GUIDES["break-glass"], re.MULTILINE)
    assert {command.split()[0] for command in commands} == {"disable", "enable", "status"}
    for command in commands:
        name, *arguments = shlex.split(command)
        with webhook.commands[name].make_context(name, arguments) as context:
            assert context.params["name"] == "polgate"
