"""Alerts, dashboard and the page about them: all speak of metrics that there are."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase

from webhook.telemetry.metrics import Metrics

ROOT = Path(__file__).resolve().parent.parent.parent
DASHBOARD = json.loads((ROOT / "charts" / "polgate" / "dashboards" / "polgate.json").read_text())
OPERATING = (ROOT / "docs" / "guide" / "operating.md").read_text()
_METRIC = re.compile(r"\bpolgate_[a-z_]+\b")


def metrics() -> dict[str, set[str]]:
    """Give the labels of all metrics, by the names that Prometheus knows them by."""
    registry = CollectorRegistry()
    Metrics(registry)
    found: dict[str, set[str]] = {}
    for collector in list(registry._collector_to_names):
        (described,) = collector.describe() if hasattr(collector, "describe") else collector.collect()
        name = f"{described.name}_total" if described.type == "counter" else described.name
        assert isinstance(collector, MetricWrapperBase)
        found[name] = set(collector._labelnames)
    return found


def named(text: str) -> set[str]:
    """Give the metrics that a text names, a histogram by its own name."""
    return {re.sub(r"_bucket$", "", name) for name in _METRIC.findall(text)}


def expressions() -> list[str]:
    return [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


def rules(objects: Any) -> list[Any]:
    (group,) = objects["PrometheusRule", "the-gate"]["spec"]["groups"]
    found: list[Any] = group["rules"]
    return found


def test_the_page_lists_every_metric_with_its_labels_and_no_other() -> None:
    table = re.findall(r"^\| `(polgate_[a-z_]+)` \| ([^|]*)\|", OPERATING, re.MULTILINE)
    listed = {name: {label for label in labels.strip().split(", ") if label} for name, labels in table}
    assert listed == metrics()


def test_alerts_speak_of_metrics_that_there_are(render: Any) -> None:
    known = metrics().keys()
    for rule in rules(render("everything")):
        assert named(rule["expr"]) <= known, rule["alert"]


def test_the_dashboard_speaks_of_metrics_that_there_are() -> None:
    known = metrics().keys()
    for expression in expressions():
        assert named(expression) <= known, expression


def test_expressions_group_by_labels_that_there_are(render: Any) -> None:
    known = metrics()
    added = {"le", "pod", "name", "error_type", "version"}  # by histograms, by Prometheus, by API servers
    for expression in [*expressions(), *(rule["expr"] for rule in rules(render("everything")))]:
        labels = {label for name in named(expression) for label in known[name]} | added
        for group in re.findall(r"\bby \(([^)]*)\)", expression):
            assert set(group.split(", ")) <= labels, expression


def test_the_page_lists_every_alert(render: Any) -> None:
    listed = re.findall(r"^\| `(Polgate[A-Za-z]+)` \|", OPERATING, re.MULTILINE)
    assert listed == [rule["alert"] for rule in rules(render("everything"))]


def test_every_alert_says_what_it_means(render: Any) -> None:
    for rule in rules(render("everything")):
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert rule["annotations"].keys() == {"summary", "description"}


def test_the_dashboard_reaches_the_cluster_as_it_is_in_the_repository(render: Any) -> None:
    data = render("everything")["ConfigMap", "the-gate-dashboard"]["data"]
    assert json.loads(data["polgate.json"]) == DASHBOARD


def test_panels_of_the_dashboard_do_not_lie_on_one_another() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert place["x"] + place["w"] <= 24
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(DASHBOARD["panels"])
