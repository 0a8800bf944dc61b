from __future__ import annotations

from policy_engine.changes.rendering import reachable
from tests.unit.changes.rendering.surveyed import CHART, CONFIG_MAP, surveyed

WEB = {"web/Chart.yaml": CHART, "web/templates/a.yaml": "", "k/kustomization.yaml": "resources: [a.yaml]"}
FILES = {**WEB, "k/a.yaml": CONFIG_MAP, "other.yaml": CONFIG_MAP, "webb/x.yaml": ""}


def reached(*changed: str) -> list[str]:
    pairs = reachable(surveyed(FILES), surveyed(FILES), changed)
    assert all(base is not None and head is not None and base.key == head.key for base, head in pairs)
    return [base.path for base, _ in pairs if base is not None]


def test_a_change_of_a_template_reaches_its_chart_alone() -> None:
    assert reached("web/templates/a.yaml") == ["web"]


def test_a_change_of_a_resource_reaches_its_kustomization_alone() -> None:
    assert reached("k/a.yaml") == ["k"]


def test_a_change_of_something_else_reaches_nothing() -> None:
    assert reached("other.yaml", "webb/x.yaml") == []


def test_a_unit_that_is_only_in_the_head_is_paired_with_nothing() -> None:
    ((base, head),) = reachable(surveyed({"k/a.yaml": CONFIG_MAP}), surveyed({"web/Chart.yaml": CHART}), [])
    assert base is None
    assert head is not None


def test_a_unit_that_is_only_in_the_base_is_paired_with_nothing() -> None:
    ((base, head),) = reachable(surveyed({"web/Chart.yaml": CHART}), surveyed({}), ["web/Chart.yaml"])
    assert base is not None
    assert head is None


def test_new_values_beside_a_chart_are_a_unit_that_is_only_in_the_head() -> None:
    head = surveyed({**FILES, "web/values-prod.yaml": ""})
    pairs = reachable(surveyed(FILES), head, ["web/values-prod.yaml"])
    assert [(base and base.variant, head and head.variant) for base, head in pairs] == [
        ("", ""),
        (None, "values-prod.yaml"),
    ]
