from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission import Policy, PolicySet
from policy_engine.blame import Culprits, Parts
from policy_engine.cel.environment import Environment
from policy_engine.field_paths import render_path

CONTAINERS = [{"name": "good", "image": "a:1"}, {"name": "bad", "image": "b:latest", "ports": [{"hostPort": 80}]}]
POD = {
    "kind": "Pod",
    "metadata": {"name": "p", "labels": {"a.io/b": "x"}, "annotations": {"q": "1"}},
    "spec": {
        "hostNetwork": True,
        "replicas": 9,
        "containers": CONTAINERS,
        "a": {"b": {"c": 1}},
        "tags": ["x", "y"],
    },
}


def blame(expression: str, value: dict[str, Any] = POD, **variables: str) -> str:
    document = {
        "metadata": {"name": "p"},
        "spec": {
            "validations": [{"expression": expression}],
            "variables": [{"name": name, "expression": text} for name, text in variables.items()],
        },
    }
    policies = PolicySet.compile([Policy.decode(document)], [])
    (policy,) = policies.policies
    assert policies.errors == ()
    culprits = Culprits(value, Parts(Environment.kubernetes().functions))
    activation = {"object": value, "oldObject": None, "request": {"operation": "CREATE"}}
    return render_path(culprits.find(policy, policy.validations[0].expression, activation))


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("object.spec.replicas <= 5", "spec.replicas"),
        ("!has(object.spec.hostNetwork) || object.spec.hostNetwork == false", "spec.hostNetwork"),
        ("has(object.spec.a) && has(object.spec.a.b) && object.spec.a.b.c == 2", "spec.a.b.c"),
        ("has(object.spec.a) && has(object.spec.nope) && object.spec.nope.x == 2", "spec.nope"),
        ("object.spec.replicas == 9 && object.spec.a.b.c == 2", "spec.a.b.c"),
        ("object.metadata.labels['a.io/b'] == 'y'", "metadata.labels[a.io/b]"),
        ("object.?spec.?replicas.orValue(1) < 5", "spec.replicas"),
        ("'team' in object.metadata.labels", "metadata.labels"),
        ("object.kind != 'Pod' || object.spec.hostNetwork == false", "spec.hostNetwork"),
        ("object.kind == 'Job'", "kind"),
        ("object.spec.containers[1].image != 'b:latest'", "spec.containers[1].image"),
        ("object.spec.containers[size(object.spec.tags) - 1].image != 'b:latest'", "spec"),
        ("request.operation == 'UPDATE'", ""),
        ("object.metadata.name == object.spec.a.b.c", ""),
        ("object == oldObject", ""),
        ("object.spec.nope.deeper == 1", "spec.nope.deeper"),
    ],
)
def test_an_expression_is_about_the_field_that_decides(expression: str, field: str) -> None:
    assert blame(expression) == field


@pytest.mark.parametrize(
    ("expression", "field"),
    [
        ("object.spec.containers.all(c, !c.image.endsWith(':latest'))", "spec.containers[1].image"),
        ("object.spec.containers.all(c, has(c.resources))", "spec.containers[0].resources"),
        ("!object.spec.containers.exists(c, c.name == 'bad')", "spec.containers[1].name"),
        ("object.spec.containers.exists(c, c.name == 'none')", "spec.containers"),
        (
            "object.spec.containers.all(c, !has(c.ports) || c.ports.all(p, p.hostPort == 0))",
            "spec.containers[1].ports[0].hostPort",
        ),
        ("object.spec.tags.all(t, t == 'x')", "spec.tags[1]"),
        ("object.spec.containers.all(i, c, i == 0)", "spec.containers[1]"),
        ("object.metadata.annotations.all(key, key != 'q')", "metadata.annotations.q"),
        ("object.metadata.annotations.all(key, value, value != '1')", "metadata.annotations.q"),
        ("object.spec.containers.filter(c, c.name == 'bad').size() == 0", "spec.containers[1].name"),
        ("['hostPID', 'hostNetwork'].all(f, object.spec[?f].orValue(false) == false)", "spec.hostNetwork"),
        ("object.spec.containers.map(c, c.image).all(i, i == 'a:1')", "spec.containers"),
    ],
)
def test_an_element_that_breaks_a_loop_is_found(expression: str, field: str) -> None:
    assert blame(expression) == field


def test_elements_are_found_again_behind_variables() -> None:
    variables = {
        "spec": "object.kind == 'Pod' ? object.spec : object.spec.template.spec",
        "containers": "variables.spec.?initContainers.orValue([]) + variables.spec.containers",
        "offending": "variables.containers.filter(c, c.image.endsWith(':latest'))",
    }
    assert blame("variables.offending.size() == 0", POD, **variables) == "spec.containers[1].image"
    assert blame("variables.containers.all(c, c.name == 'good')", POD, **variables) == "spec.containers[1].name"
    assert blame("variables.spec.replicas < 3", POD, **variables) == "spec.replicas"


def test_values_that_got_a_name_are_found_again() -> None:
    expression = "object.spec.?containers.optMap(l, l.filter(c, has(c.ports))).orValue([]).size() == 0"
    assert blame(expression) == "spec.containers[1].ports"


def test_an_exception_that_is_not_there_is_not_what_is_wrong() -> None:
    expression = (
        "object.spec.containers.all(c, c.name == 'good') || object.spec.?os.?name.orValue('') == 'windows'"
    )
    assert blame(expression) == "spec.containers[1].name"


def test_the_branch_that_was_taken_decides() -> None:
    assert blame("object.spec.replicas == 9 ? object.spec.a.b.c == 2 : object.spec.tags == []") == "spec.a.b.c"


def test_a_variable_of_a_loop_hides_one_of_the_same_name() -> None:
    expression = "object.spec.containers.all(c, object.spec.tags.exists(c, c == 'z') || c.name == 'good')"
    assert blame(expression) == "spec.containers[1].name"


def test_variables_that_multiply_come_to_an_end() -> None:
    variables = {"v0": "object.spec.tags"}
    variables |= {
        f"v{i}": f"variables.v{i - 1}.size() > 9 ? variables.v{i - 1} : variables.v{i - 1}" for i in range(1, 40)
    }
    assert blame("variables.v39 == []", POD, **variables) == "spec.tags"


def test_expressions_that_are_long_or_dear_come_to_an_end() -> None:
    value = {"spec": {"items": list(range(2000))}}
    loops = "object.spec.items.all(a, object.spec.items.all(b, a != b || a == 1999))"
    assert blame(loops, value).startswith("spec.items")
    terms = " && ".join(["object.spec.items[0] == 0"] * 200)
    assert blame(f"{terms} && object.spec.items[1] == 0", value) == "spec.items[1]"
