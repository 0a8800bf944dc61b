"""The chart as Helm renders it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import helm_python
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
CHART = ROOT / "charts" / "polgate"
VALUES = {path.stem: path for path in sorted((Path(__file__).parent / "values").glob("*.yaml"))}

Objects = dict[tuple[str, str], dict[str, Any]]
Render = Callable[..., Objects]


@pytest.fixture(scope="session")
def chart() -> Iterator[helm_python.Chart]:
    with helm_python.Chart.load(CHART) as loaded:
        yield loaded


@pytest.fixture(scope="session")
def render(chart: helm_python.Chart) -> Render:
    """Give a function that renders the chart to its objects, by kind and name.

    values: the name of a file in `values`; more: values put over it.
    """

    def rendered(
        values: str = "default",
        more: dict[str, Any] | None = None,
        *,
        name: str = "polgate",
        namespace: str = "gate",
    ) -> Objects:
        given = _merged(yaml.safe_load(VALUES[values].read_text()), more or {})
        texts = chart.render(given, name=name, namespace=namespace)
        objects = [
            document
            for path, text in texts.items()
            if not path.endswith("NOTES.txt")
            for document in yaml.safe_load_all(text)
            if document
        ]
        named = {(document["kind"], document["metadata"]["name"]): document for document in objects}
        assert len(named) == len(objects)
        return named

    return rendered


@pytest.fixture(params=VALUES)
def objects(request: pytest.FixtureRequest, render: Render) -> Objects:
    """Give the objects that each file of values leads to."""
    return render(request.param)


def _merged(base: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = {key: value for key, value in more.items() if not isinstance(value, dict)}
    nested = {key: _merged(base.get(key) or {}, value) for key, value in more.items() if isinstance(value, dict)}
    return {**base, **both, **nested}
