from __future__ import annotations

import pytest

from policy_engine.cel.environment import Environment
from policy_engine.cel.syntax.tree import Node
from policy_engine.reports.blame import blamed_field, render_path


def tree(text: str) -> Node:
    return Environment.kubernetes().parse(text).root


def blame(expression: str, **variables: str) -> str:
    return render_path(blamed_field(tree(expression), {name: tree(text) for name, text in variables.items()}))


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("object.spec.replicas <= 5", "spec.replicas"),
        ("!has(object.spec.hostNetwork) || object.spec.hostNetwork == false", "spec.hostNetwork"),
        ("has(object.spec.a) && has(object.spec.a.b) && object.spec.a.b == 1", "spec.a.b"),
        ("object.spec.containers.all(c, has(c.resources) && c.name != object.spec.nodeName)", "spec"),
        ("object.spec.containers.all(c, !c.image.endsWith(':latest'))", "spec.containers"),
        ("object.spec.containers[0].image != ''", "spec.containers[0].image"),
        ("object.spec.containers[size(object.spec.x)].image != ''", "spec"),
        ("object.metadata.labels['a.b/c'] == 'x'", "metadata.labels[a.b/c]"),
        ("object.?spec.?replicas.orValue(1) < 5", "spec.replicas"),
        ("'team' in object.metadata.labels", "metadata.labels"),
        ("object.kind != 'Pod' || object.spec.hostPID == false", "spec.hostPID"),
        ("object.kind == 'Pod'", "kind"),
        ("object.metadata.name == object.spec.name", ""),
        ("request.operation == 'CREATE'", ""),
        ("object == oldObject", ""),
        ("object.spec.replicas > oldObject.spec.replicas", "spec.replicas"),
    ],
)
def test_an_expression_is_about_the_fields_it_reads(expression: str, field: str) -> None:
    assert blame(expression) == field


def test_variables_stand_for_what_they_read() -> None:
    assert blame("variables.c.all(x, x.ok)", c="object.spec.containers") == "spec.containers"


def test_a_path_goes_on_through_a_variable() -> None:
    assert blame("variables.spec.hostNetwork", spec="variables.whole.spec", whole="object") == "spec.hostNetwork"


def test_a_variable_that_is_no_path_stands_for_all_it_reads() -> None:
    all_containers = "object.spec.containers + object.spec.initContainers"
    assert blame("variables.all.all(c, c.ok)", all=all_containers) == "spec"


def test_variables_that_mean_each_other_end() -> None:
    assert blame("variables.a.x", a="variables.b", b="variables.a") == ""


def test_an_unknown_variable_is_about_nothing() -> None:
    assert blame("variables.nope") == ""
