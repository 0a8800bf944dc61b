"""What Helm refuses to install, and what it leaves out. Compared with helm 4.3.1."""

from __future__ import annotations

import pytest

from policy_engine.changes.settings.model import Chart, Rendering
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, data_of, problem, rendered

TEMPLATE = {"web/templates/a.yaml": CONFIG_MAP}


@pytest.mark.parametrize(
    ("chart", "line", "message"),
    [
        (
            CHART + 'kubeVersion: ">=1.99.0"\n',
            4,
            "chart requires kubeVersion: >=1.99.0 which is incompatible with Kubernetes v1.30.0",
        ),
        (CHART + "kubeVersion: bogus\n", 4, "chart requires kubeVersion: bogus which is incompatible"),
        (CHART.replace("v2", "v3"), 1, "unsupported chart apiVersion: `v3`"),
        (CHART.replace("v2", "apps/v1"), 1, "unsupported chart apiVersion: `apps/v1`"),
        (CHART.replace("0.1.0", "one"), 3, 'validation: chart.metadata.version "one" is invalid'),
        (CHART + "type: none\n", 4, "validation: chart.metadata.type must be application or library"),
        (CHART.replace("web", "Web_"), 2, 'release name "Web_": invalid release name'),
    ],
)
def test_a_chart_that_helm_does_not_install_is_an_error_at_its_line(chart: str, line: int, message: str) -> None:
    code, path, at, said = problem(rendered({"web/Chart.yaml": chart, **TEMPLATE}, kube_version="1.30"))
    assert (code, path, at) == ("rendering-failed", "web/Chart.yaml", line)
    assert said.startswith("Helm cannot render this: ")
    assert message in said


@pytest.mark.parametrize(
    "chart",
    [
        CHART + 'kubeVersion: ">=1.22.0-0 <1.31.0"\n',
        CHART.replace("v2", "v1"),
        CHART.replace("apiVersion: v2\n", ""),
        CHART + "type: application\n",
        CHART + "deprecated: true\n",
    ],
)
def test_a_chart_that_helm_installs_is_rendered(chart: str) -> None:
    made = rendered({"web/Chart.yaml": chart, **TEMPLATE}, kube_version="1.30")
    assert data_of(made) == {"level": "info"}


@pytest.mark.parametrize("release", ["Front", "a_b", "-a", "a" * 54])
def test_a_release_that_helm_does_not_install_is_an_error(release: str) -> None:
    settings = Rendering(charts=(Chart(path="web", release=release),))
    code, path, line, message = problem(rendered({"web/Chart.yaml": CHART, **TEMPLATE}, settings))
    assert (code, path, line) == ("rendering-failed", "web/Chart.yaml", 0)
    assert f'release name "{release}": invalid release name' in message


def test_yaml_that_only_helm_does_not_read_is_an_error_at_its_template() -> None:
    template = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  annotations: [b]\n"
    code, path, _, message = problem(rendered({"web/Chart.yaml": CHART, "web/templates/b.yaml": template}))
    assert (code, path) == ("rendering-failed", "web/templates/b.yaml")
    assert "annotations" in message
