"""Which objects with hooks are judged. Compared with helm 3.22.0 and 4.3.1."""

from __future__ import annotations

import pytest

from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, rendered

TEMPLATE = {"web/templates/a.yaml": CONFIG_MAP}


@pytest.mark.parametrize(
    ("hook", "names"),
    [
        ("pre-install", ["settings", "hooked"]),
        ("'Post-Delete, test'", ["settings", "hooked"]),
        ("pre-instal", ["settings"]),
        ("'pre-install,other'", ["settings"]),
        ("crd-install", ["settings"]),
        ("''", ["settings"]),
        ("null", ["settings"]),
        ("5", ["settings"]),
        ("Test", ["settings"]),
        ("test-failure", ["settings"]),
        ("'test,test-success'", ["settings"]),
    ],
)
def test_objects_are_judged_that_helm_installs(hook: str, names: list[str]) -> None:
    hooked = CONFIG_MAP.replace("settings", f"hooked\n  annotations: {{helm.sh/hook: {hook}}}")
    made = rendered({"web/Chart.yaml": CHART, **TEMPLATE, "web/templates/h.yaml": hooked})
    assert made.broken == ()
    assert [one.name for one in made.documents] == names


def test_hooks_are_nothing_special_among_crds() -> None:
    hooked = CONFIG_MAP.replace("settings", "hooked\n  annotations: {helm.sh/hook: crd-install}")
    made = rendered({"web/Chart.yaml": CHART, "web/crds/h.yaml": hooked})
    assert [one.name for one in made.documents] == ["hooked"]


def test_a_test_that_argo_cd_takes_for_a_hook_of_its_own_is_judged() -> None:
    hooks = "  name: settings\n  annotations: {helm.sh/hook: test, argocd.argoproj.io/hook: Sync}\n"
    template = CONFIG_MAP.replace("  name: settings\n", hooks)
    made = rendered({"web/Chart.yaml": CHART, "web/templates/a.yaml": template})
    assert [document.name for document in made.documents] == ["settings"]
