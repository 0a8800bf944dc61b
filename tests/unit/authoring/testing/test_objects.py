"""Objects of a test file: written out, from files, and varied by patches."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from policy_engine.authoring.fields import Fields, Problem
from policy_engine.authoring.testing.decode_request import decode_source
from policy_engine.authoring.testing.model import ObjectSource
from policy_engine.authoring.testing.objects import Objects
from policy_engine.errors import InputError
from policy_engine.sources.values import JsonObject, JsonValue

POD: JsonObject = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p"},
    "spec": {"containers": [{"name": "c"}]},
}
FILES: dict[str, list[JsonObject]] = {
    "pod.yaml": [POD],
    "two.yaml": [POD, {"apiVersion": "v1", "kind": "Service"}],
    "empty.yaml": [],
}


def read(name: str) -> list[JsonObject]:
    if name not in FILES:
        raise InputError(f"`{name}`: cannot be read")
    return FILES[name]


def source(value: JsonValue, problems: list[Problem]) -> ObjectSource:
    found = decode_source(Fields({"object": value}, (), problems), "object")
    assert found is not None
    return found


def make(
    value: JsonValue, *, named: Mapping[str, JsonValue] | None = None, common: JsonValue = None
) -> tuple[JsonObject | None, list[str]]:
    """Make an object, and give it with what is wrong."""
    problems: list[Problem] = []
    sources = {name: source(one, problems) for name, one in (named or {}).items()}
    objects = Objects(sources, read, problems)
    made = objects.make(source(value, problems), common=None if common is None else source(common, problems))
    return made, [problem.message for problem in problems]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(POD, id="written out"),
        pytest.param("pod", id="by its name"),
        pytest.param({"base": "pod"}, id="as a base"),
        pytest.param({"file": "pod.yaml"}, id="from a file"),
        pytest.param({"file": "two.yaml", "document": 1}, id="from a file of several"),
    ],
)
def test_an_object_can_be_given_in_five_ways(value: JsonValue) -> None:
    assert make(value, named={"pod": POD}) == (POD, [])


def test_null_is_no_object_and_no_mistake() -> None:
    assert make(None) == (None, [])


def test_a_patch_varies_an_object_and_leaves_the_original_alone() -> None:
    patch: JsonValue = [
        {"op": "add", "path": "/spec/hostNetwork", "value": True},
        {"op": "add", "path": "/spec/containers/0/ports", "value": []},
        {"op": "add", "path": "/spec/containers/0/ports/-", "value": {"hostPort": 80}},
    ]
    made, wrong = make({"base": "pod", "patch": patch}, named={"pod": POD})
    assert wrong == []
    wanted: JsonObject = {
        **POD,
        "spec": {"containers": [{"name": "c", "ports": [{"hostPort": 80}]}], "hostNetwork": True},
    }
    assert made == wanted
    assert POD["spec"] == {"containers": [{"name": "c"}]}


def test_a_value_in_a_patch_is_not_shared_between_two_uses() -> None:
    patch: JsonValue = [
        {"op": "add", "path": "/spec/list", "value": []},
        {"op": "add", "path": "/spec/list/-", "value": 1},
    ]
    value: JsonValue = {"base": "pod", "patch": patch}
    first, _ = make(value, named={"pod": POD})
    second, _ = make(value, named={"pod": POD})
    assert first == second


def test_a_patch_alone_applies_to_the_common_object() -> None:
    made, wrong = make({"patch": [{"op": "remove", "path": "/spec"}]}, common=POD)
    assert wrong == []
    assert made is not None
    assert "spec" not in made


def test_a_named_object_may_be_made_of_another() -> None:
    named: dict[str, JsonValue] = {
        "pod": POD,
        "other": {"base": "pod", "patch": [{"op": "replace", "path": "/metadata/name", "value": "q"}]},
    }
    made, wrong = make("other", named=named)
    assert wrong == []
    assert made == {**POD, "metadata": {"name": "q"}}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        pytest.param("pood", "no object `pood`", id="misspelt name"),
        pytest.param({"file": "pud.yaml"}, "`pud.yaml`: cannot be read", id="missing file"),
        pytest.param({"file": "two.yaml"}, "`two.yaml` holds 2 objects", id="several in a file"),
        pytest.param({"file": "empty.yaml"}, "`empty.yaml` holds 0 objects", id="none in a file"),
        pytest.param(
            {"file": "pod.yaml", "document": 2},
            "`pod.yaml` has no document 2: it holds 1 objects",
            id="a document that is not there",
        ),
        pytest.param({"patch": []}, "there is nothing to patch", id="a patch of nothing"),
        pytest.param({"spec": {}}, "the object has no apiVersion and no kind", id="no kind"),
        pytest.param("a", "the object `a` is made of itself: a -> b -> a", id="a circle"),
        pytest.param(7, "expected an object, or the name of one, found a number", id="a number"),
        pytest.param({"base": "pod", "file": "x"}, "`file` and `base` exclude each other", id="base and file"),
        pytest.param({"base": "pod", "pach": []}, "unknown field `pach`", id="misspelt field"),
    ],
)
def test_what_cannot_be_made_is_told(value: JsonValue, message: str) -> None:
    named: dict[str, JsonValue] = {"pod": POD, "a": {"base": "b"}, "b": {"base": "a"}}
    _, wrong = make(value, named=named)
    assert message in wrong


@pytest.mark.parametrize(
    ("step", "message"),
    [
        pytest.param(
            {"op": "add", "path": "/spec/securityContext/runAsUser", "value": 0},
            "the patch does not apply: `/spec/securityContext` is not there",
            id="a parent that is not there",
        ),
        pytest.param(
            {"op": "remove", "path": "/spec/containers/5"},
            "the patch does not apply: can't remove a non-existent object '5'",
            id="an item that is not there",
        ),
        pytest.param({"op": "ad", "path": "/spec"}, "unknown op `ad`", id="misspelt op"),
        pytest.param({"op": "add", "path": "/x", "valeu": 1}, "unknown field `valeu`", id="misspelt value"),
        pytest.param(
            {"op": "test", "path": "/kind", "value": "Service"},
            "the patch does not apply: another value is at `/kind`",
            id="a test that fails",
        ),
        pytest.param({"op": "remove", "path": "/kind"}, "the object has no kind", id="what is left is no object"),
    ],
)
def test_a_patch_that_does_not_apply_is_told(step: JsonValue, message: str) -> None:
    _, wrong = make({"base": "pod", "patch": [step]}, named={"pod": POD})
    assert message in wrong
