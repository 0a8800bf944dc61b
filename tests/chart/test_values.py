"""The chart's values: each is explained, and none is misspelt unnoticed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from runpy import run_path
from typing import Any

import helm_python
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "charts" / "polgate"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())
TABLE = run_path(str(ROOT / "docs" / "values_table.py"))


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Give the paths of everything that can be set."""
    for key, one in schema.get("properties", {}).items():
        here = f"{path}.{key}".lstrip(".")
        yield from leaves(one, here) if one.get("additionalProperties") is False else iter([here])


def at(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values[key]
    return values


PATHS = sorted(set(leaves(SCHEMA)) - {"global", "enabled", "resources.requests", "resources.limits"})


@pytest.mark.parametrize(
    "path", [path for path in PATHS if not path.startswith("certificates.certManager.issuerRef")]
)
def test_every_value_of_the_schema_has_a_default(path: str) -> None:
    at(DEFAULTS, path)


def test_every_value_is_explained() -> None:
    explained = {row.path: row.text for row in TABLE["rows"](CHART / "values.yaml")}
    assert [path for path, text in explained.items() if not text] == []
    assert {
        path for path in PATHS if not path.startswith("certificates.certManager.issuerRef.")
    } <= explained.keys()


def test_the_guide_has_the_table_of_values_as_they_are() -> None:
    page = ROOT / "docs" / "guide" / "installing.md"
    assert TABLE["current"](page.read_text()) == page.read_text(), "run docs/values_table.py"


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"replicaz": 3}, "additional properties 'replicaz' not allowed"),
        ({"image": {"repo": "x"}}, "at '/image': additional properties 'repo' not allowed"),
        ({"certificates": {"mode": "letsencrypt"}}, "/certificates/mode"),
        ({"certificates": {"certManager": {"issuer": "x"}}}, "additional properties 'issuer' not allowed"),
        ({"webhook": {"timeoutSeconds": 31}}, "/webhook/timeoutSeconds"),
        ({"policies": {"bundled": ["pod-securty"]}}, "/policies/bundled/0"),
        ({"policies": {"files": {"a.txt": "x"}}}, "'a.txt' does not match pattern"),
        (
            {"params": {"rules": [{"apiGroups": ["*"], "resources": ["configmaps"]}]}},
            "/params/rules/0/apiGroups/0",
        ),
        ({"params": {"rules": [{"apiGroups": [""], "resources": ["*"]}]}}, "/params/rules/0/resources/0"),
        ({"params": {"rules": [{"apiGroups": [""], "resources": ["a"], "verbs": ["*"]}]}}, "'verbs' not allowed"),
        ({"server": {"kubeVersion": 1.3}}, "/server/kubeVersion': got number, want string"),
        ({"image": {"digest": "0123"}}, "/image/digest"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_a_value_that_means_nothing_is_refused_by_its_name(
    chart: helm_python.Chart, values: dict[str, Any], says: str
) -> None:
    with pytest.raises(helm_python.HelmValuesError) as refused:
        chart.render({"image": {"repository": "x"}} | values, name="polgate", namespace="gate")
    assert says in str(refused.value)


def test_durations_of_the_chart_are_those_of_the_server(chart: helm_python.Chart) -> None:
    from policy_engine.cli.serve import _DURATION

    pattern = SCHEMA["properties"]["certificates"]["properties"]["selfMade"]["properties"]["lifetime"]["pattern"]
    for text in ("90d", "12h", "1.5h", "250ms", "20s", "90", "d", "1w", "-1d", "1d2h"):
        valid = True
        try:
            chart.validate_schema({"certificates": {"selfMade": {"lifetime": text}}})
        except helm_python.HelmValuesError:
            valid = False
        assert valid is bool(_DURATION.fullmatch(text)), (text, pattern)
