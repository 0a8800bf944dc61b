from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.gating.gate import Judged
from policy_engine.reports.findings import Outcome
from tests.git_repositories import TestRepository
from tests.unit.gating.conftest import SETTINGS, asked, config_map, policy, told

Gate = Callable[..., Judged]
CHART = "apiVersion: v2\nname: x\nversion: 1.0.0\n"
BAD = config_map("a", "bad")


def test_a_manifest_added_changed_and_removed_is_created_updated_and_deleted(gate: Gate) -> None:
    assert asked(gate({"a.yaml": config_map("a", "one")})) == ["CREATE ConfigMap default/a"]
    updated = gate({"a.yaml": config_map("a", "two")})
    assert asked(updated) == ["UPDATE ConfigMap default/a"]
    (request,) = updated.requests
    assert request.object is not None
    assert request.old_object is not None
    assert (request.old_object["data"], request.object["data"]) == ({"key": "one"}, {"key": "two"})
    assert asked(gate({"a.yaml": None})) == ["DELETE ConfigMap default/a"]


def test_what_changes_nothing_is_no_request(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "one")})
    again = gate({"a.yaml": "# a comment\n" + config_map("a", "'one'")})
    assert asked(again) == []
    assert again.report.outcome is Outcome.PASSED


def test_a_manifest_that_moves_to_another_file_is_an_update(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "one") + "---\n" + config_map("b", "one")})
    moved = gate({"a.yaml": None, "b/b.yaml": config_map("b", "two"), "c.yml": config_map("a", "one")})
    assert asked(moved) == ["UPDATE ConfigMap default/b"]


def test_lists_and_json_hold_objects_as_yaml_does(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "one")})
    as_list = '{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "ConfigMap", '
    as_list += '"metadata": {"name": "a", "namespace": "default"}, "data": {"key": "two"}}]}'
    assert asked(gate({"a.yaml": None, "all.json": as_list})) == ["UPDATE ConfigMap default/a"]


def test_another_version_of_a_kind_is_an_update_in_the_new_version(gate: Gate) -> None:
    budget = "apiVersion: policy/{}\nkind: PodDisruptionBudget\nmetadata: {{name: a}}\n"
    gate({"a.yaml": budget.format("v1beta1")})
    judged = gate({"a.yaml": budget.format("v1")})
    assert asked(judged) == ["UPDATE PodDisruptionBudget default/a"]
    assert judged.requests[0].old_object == judged.requests[0].object


def test_a_kind_that_moved_to_another_group_is_still_the_same_object(gate: Gate) -> None:
    deployment = "apiVersion: {}\nkind: Deployment\nmetadata: {{name: a}}\n"
    gate({"a.yaml": deployment.format("extensions/v1beta1")})
    assert asked(gate({"a.yaml": deployment.format("apps/v1")})) == ["UPDATE Deployment default/a"]


def test_custom_resources_have_the_scope_that_their_definition_in_the_repository_gives(gate: Gate) -> None:
    definition = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: octopodes.sea.example.com}
spec:
  group: sea.example.com
  scope: Cluster
  names: {kind: Octopus, plural: octopodes}
  versions: [{name: v1, served: true, storage: true}]
"""
    gate({"crd.yaml": definition})
    judged = gate({"a.yaml": "apiVersion: sea.example.com/v1\nkind: Octopus\nmetadata: {name: paul}\n"})
    assert asked(judged) == ["CREATE Octopus /paul"]
    assert judged.requests[0].resource.resource == "octopodes"


def test_two_objects_of_one_identity_in_a_change_are_an_error_at_the_second(gate: Gate) -> None:
    judged = gate({"a.yaml": config_map("a", "one"), "b.yaml": "\n" + config_map("a", "two", namespace="default")})
    (broken,) = judged.report.broken
    assert (broken.path, broken.place, broken.code) == ("b.yaml", (2, 1), "duplicate-object")
    assert broken.message.startswith("a second ConfigMap default/a")
    assert broken.note is not None
    assert broken.note.path == "a.yaml"
    assert judged.report.outcome is Outcome.FAILED


def test_an_object_that_stands_in_an_unchanged_file_too_cannot_be_created(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "one")})
    judged = gate({"b.yaml": config_map("a", "two")})
    assert [(b.path, b.code) for b in judged.report.broken] == [("b.yaml", "duplicate-object")]


def test_doubles_that_were_there_before_are_a_notice(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "one"), "b.yaml": config_map("a", "two")})
    judged = gate({"a.yaml": config_map("a", "1"), "b.yaml": config_map("a", "2")})
    assert asked(judged) == ["UPDATE ConfigMap default/a", "UPDATE ConfigMap default/a"]
    assert judged.report.outcome is Outcome.PASSED
    assert [notice.code for notice in judged.report.notices] == ["duplicate-object"]


def test_targets_keep_objects_of_one_identity_apart(repository: TestRepository, gate: Gate) -> None:
    targets = "targets:\n- {name: dev, paths: [dev/]}\n- {name: prod, paths: [prod/]}\n"
    repository.commit({".polgate.yaml": SETTINGS + targets})
    both = {"dev/a.yaml": config_map("a", "one"), "prod/a.yaml": config_map("a", "two")}
    judged = gate(both)
    assert judged.report.outcome is Outcome.PASSED
    swapped = gate({"dev/a.yaml": config_map("a", "1"), "prod/a.yaml": config_map("a", "2")})
    assert [(r.old_object or {}).get("data") for r in swapped.requests] == [{"key": "one"}, {"key": "two"}]
    again = gate({"prod/b.yaml": config_map("a", "three")})
    assert [broken.path for broken in again.report.broken] == ["prod/b.yaml"]


@pytest.mark.parametrize(
    ("first", "second", "broken"),
    [
        ("clusters/dev/a.yaml", "clusters/prod/a.yaml", []),
        ("clusters/dev/a.yaml", "clusters/dev/b/a.yaml", ["duplicate-object"]),
        ("clusters/a.yaml", "clusters/prod/a.yaml", []),
        ("clusters/a.yaml", "a.yaml", ["duplicate-object"]),
        ("catalog/x/v1/a.yaml", "catalog/x/v2/a.yaml", []),
        ("catalog/x/v1/a.yaml", "catalog/y/v1/b/a.yaml", []),
        ("catalog/x/w1/a.yaml", "catalog/x/w2/a.yaml", ["duplicate-object"]),
    ],
)
def test_each_folder_can_be_a_target(
    repository: TestRepository, gate: Gate, first: str, second: str, broken: list[str]
) -> None:
    targets = "targets:\n- eachFolder: clusters/*\n- eachFolder: ./catalog/*/v*/\n"
    repository.commit({".polgate.yaml": SETTINGS + targets})
    judged = gate({first: config_map("a", "good"), second: config_map("a", "good")})
    assert [one.code for one in judged.report.broken] == broken


def test_paths_that_settings_leave_out_are_not_judged(repository: TestRepository, gate: Gate) -> None:
    repository.commit({".polgate.yaml": SETTINGS + "paths: {exclude: [vendor/], include: ['*.yaml']}\n"})
    files = {"vendor/a.yaml": config_map("a", "bad"), "b.json": "{", "c.yaml": config_map("c", "fine")}
    assert asked(gate(files)) == ["CREATE ConfigMap default/c"]


def test_what_is_staged_is_judged_against_the_last_commit(repository: TestRepository, gate: Gate) -> None:
    repository.write({"a.yaml": config_map("a", "bad"), "b.yaml": config_map("b", "bad")})
    repository.git("add", "a.yaml")
    judged = gate(base="", staged=True)
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]
    assert judged.report.change is not None
    assert judged.report.change.head == "index"


def test_the_first_commit_is_compared_with_nothing(repository: TestRepository, gate: Gate) -> None:
    first = repository.git("rev-list", "--max-parents=0", "HEAD")
    judged = gate(base=f"{first}^", head=first, policies=(str(repository.folder / "policies"),))
    assert judged.report.change is not None
    assert judged.report.change.base == ""


def test_a_custom_kind_without_definition_keeps_the_namespace_it_is_written_with(gate: Gate) -> None:
    thing = "apiVersion: x.example.com/v1\nkind: Thing\nmetadata: {name: a, namespace: sea}\n"
    assert asked(gate({"a.yaml": thing})) == ["CREATE Thing sea/a"]


def test_an_update_is_judged_with_what_was_before(repository: TestRepository, gate: Gate) -> None:
    only_more = policy("grows", "oldObject == null || object == null || object.data.key >= oldObject.data.key")
    repository.commit({"policies/grows.yaml": only_more, "a.yaml": config_map("a", "m")})
    assert told(gate({"a.yaml": config_map("a", "z")})) == []
    assert told(gate({"a.yaml": config_map("a", "b")})) == ["new deny UPDATE a: no"]


def test_a_deletion_is_judged(repository: TestRepository, gate: Gate) -> None:
    kept = policy("kept", "oldObject.data.key != 'kept'", operations="DELETE")
    repository.commit({"policies/kept.yaml": kept, "a.yaml": config_map("a", "kept")})
    judged = gate({"a.yaml": None})
    assert told(judged) == ["new deny DELETE a: no"]
    assert (judged.report.findings[0].path, judged.report.findings[0].span.start.line) == ("a.yaml", 1)


def test_what_moves_to_another_target_is_new_there(repository: TestRepository, gate: Gate) -> None:
    targets = "targets:\n- {name: dev, paths: [dev/]}\n- {name: prod, paths: [prod/]}\n"
    repository.commit({".polgate.yaml": SETTINGS + targets, "dev/a.yaml": config_map("a", "bad")})
    judged = gate({"dev/a.yaml": None, "prod/a.yaml": config_map("a", "bad")})
    assert asked(judged) == ["CREATE ConfigMap default/a", "DELETE ConfigMap default/a"]
    assert "new deny CREATE a: bad is not allowed" in told(judged)


def test_one_and_true_are_not_the_same(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "1")})
    assert asked(gate({"a.yaml": config_map("a", "true")})) == ["UPDATE ConfigMap default/a"]


def test_objects_inside_a_kind_that_only_tools_read_are_judged(gate: Gate) -> None:
    item = "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}, data: {key: bad}}"
    hidden = f"apiVersion: kustomize.config.k8s.io/v1\nkind: Hidden\nitems: [{item}]\n"
    assert told(gate({"a.yaml": hidden})) == ["new deny CREATE a: bad is not allowed"]


def codes(judged: Judged) -> list[str]:
    return [notice.code for notice in judged.report.notices]


def test_a_manifest_that_a_kustomization_takes_in_is_judged_as_before_too(gate: Gate) -> None:
    gate({"app/a.yaml": config_map("a", "fine")})
    component = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [a.yaml]\n"
    hides = "patches:\n- target: {kind: ConfigMap}\n  patch: '[{op: replace, path: /data/key, value: fine}]'\n"
    kustomization = "resources: [a.yaml]\n" + hides
    judged = gate({"app/a.yaml": config_map("a", "bad"), "app/kustomization.yaml": kustomization})
    assert told(judged) == ["new deny UPDATE a: bad is not allowed"]
    assert codes(judged) == ["judged-otherwise"]
    judged = gate({"b/a.yaml": config_map("b", "bad"), "b/kustomization.yaml": component})
    assert told(judged) == ["new deny CREATE b: bad is not allowed"]


def test_what_a_kustomization_that_is_left_out_uses_is_judged_as_it_is_written(
    repository: TestRepository, gate: Gate
) -> None:
    repository.commit({".polgate.yaml": SETTINGS + "paths: {exclude: [hidden/]}\n"})
    judged = gate({"a.yaml": config_map("a", "bad"), "hidden/kustomization.yaml": "resources: [../a.yaml]\n"})
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]


def test_an_overlay_that_uses_another_does_not_hide_what_that_renders(gate: Gate) -> None:
    gate({"base/a.yaml": config_map("a", "fine"), "base/kustomization.yaml": "resources: [a.yaml]\n"})
    overlay = "resources: [../base]\npatches:\n- target: {kind: ConfigMap}\n"
    overlay += "  patch: '[{op: replace, path: /data/key, value: fine}]'\n"
    judged = gate({"base/a.yaml": config_map("a", "bad"), "over/kustomization.yaml": overlay})
    assert told(judged) == ["new deny UPDATE a: bad is not allowed"]
    assert codes(judged) == ["judged-otherwise"]


def test_what_an_overlay_takes_in_is_rendered_with_the_files_that_it_has_now(gate: Gate) -> None:
    gate({"base/a.yaml": config_map("a", "fine"), "base/kustomization.yaml": "resources: [a.yaml]\n"})
    more = "resources: [a.yaml, b.yaml]\nconfigMapGenerator: [{name: c, envs: [c.env]}]\n"
    files = {"base/kustomization.yaml": more, "base/b.yaml": config_map("b", "bad"), "base/c.env": "key=fine\n"}
    judged = gate({**files, "over/kustomization.yaml": "resources: [../base]\n"})
    assert judged.report.broken == ()
    assert set(told(judged)) == {"new deny CREATE b: bad is not allowed"}


@pytest.mark.parametrize(
    "files",
    [
        {"a.yaml": BAD, "kustomization.yaml": "configMapGenerator: [{name: x, files: [a.yaml]}]\n"},
        {
            "a.yaml": BAD,
            "b.yaml": config_map("b", "fine"),
            "kustomization.yaml": "resources: [b.yaml]\npatches: [{path: a.yaml, target: {kind: Nothing}}]\n",
        },
        {"a.yaml": "# {{\n" + BAD, "kustomization.yaml": "configMapGenerator: [{name: x, files: [a.yaml]}]\n"},
        {"Chart.yaml": CHART, "templates/b.yaml": config_map("b", "fine"), "templates/_a.yaml": BAD},
        {"Chart.yaml": CHART, "templates/b.yaml": config_map("b", "fine"), "values-a.yaml": BAD},
        {"Chart.yaml": CHART, ".helmignore": "templates/a.yaml\n", "templates/a.yaml": BAD},
    ],
)
def test_a_manifest_that_a_part_of_something_rendered_hides_is_judged_as_written(
    gate: Gate, files: dict[str, str]
) -> None:
    judged = gate({f"app/{name}": text for name, text in files.items()})
    assert "new deny CREATE a: bad is not allowed" in told(judged)


def test_what_only_the_tests_of_a_release_make_is_not_judged(gate: Gate) -> None:
    hook = config_map("a", "bad").replace("{name: a", "{name: a, annotations: {helm.sh/hook: test}")
    chart = {"Chart.yaml": CHART, "templates/tests/a.yaml": hook, "templates/b.yaml": config_map("b", "fine")}
    assert told(gate(chart)) == []
    assert told(gate({"plain.yaml": hook})) == ["new deny CREATE a: bad is not allowed"]


def test_a_patch_is_no_manifest_by_itself(gate: Gate) -> None:
    patch = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {other: '1'}\n"
    whole = policy("whole", "object == null || has(object.data.key)")
    gate({"policies/whole.yaml": whole})
    files = {"app/a.yaml": config_map("a", "fine"), "app/patch.yaml": patch}
    kustomization = "resources: [a.yaml]\nnamePrefix: dev-\npatches: [{path: patch.yaml}]\n"
    judged = gate({**files, "app/kustomization.yaml": kustomization})
    assert asked(judged) == ["CREATE ConfigMap default/dev-a"]
    assert told(judged) == []
