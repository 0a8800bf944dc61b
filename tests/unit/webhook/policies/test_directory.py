"""Policies from files: a change takes effect as a whole or not at all."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_engine.errors import PolicyEngineError
from tests.unit.webhook.asgi import Gate
from tests.unit.webhook.documents import binding, namespace, policy, review, write
from webhook.policies.directory import PolicyDirectory
from webhook.policies.live import LivePolicies
from webhook.policies.ruleset import Ruleset


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    write(folder / "one.yaml", [policy("one", "false")])
    return folder


@pytest.fixture
def gate(folder: Path) -> Iterator[Gate]:
    with Gate(folder) as gate:
        yield gate


def settle(gate: Gate) -> None:
    """Look as often as it takes to see that files have changed, and that they have stopped changing."""
    assert gate.directory is not None
    gate.directory.look()
    gate.directory.look()


def names(gate: Gate) -> list[str]:
    return [entry["name"] for entry in gate.get("/policies").json["policies"]]


def problems(gate: Gate) -> list[str]:
    found: list[str] = gate.get("/policies").json["problems"].get("directory", [])
    return found


def reloads(gate: Gate, outcome: str) -> float:
    labels = {"source": "directory", "outcome": outcome}
    return gate.registry.get_sample_value("polgate_policy_reloads_total", labels) or 0


def is_denied(gate: Gate, **request: Any) -> bool:
    return not gate.post(review(**request)).response["allowed"]


def test_a_changed_file_takes_effect(gate: Gate, folder: Path) -> None:
    assert is_denied(gate)
    write(folder / "one.yaml", [policy("one", "true")])
    settle(gate)
    assert not is_denied(gate)
    assert (reloads(gate, "taken"), reloads(gate, "refused")) == (1, 0)


def test_a_new_file_and_a_removed_one_take_effect(gate: Gate, folder: Path) -> None:
    write(folder / "deep" / "two.yaml", [policy("two", "true")])
    settle(gate)
    assert names(gate) == ["two", "one"]
    (folder / "one.yaml").unlink()
    settle(gate)
    assert names(gate) == ["two"]


def test_nothing_is_loaded_again_while_nothing_changes(gate: Gate) -> None:
    before = gate.live.current
    settle(gate)
    settle(gate)
    assert gate.live.current is before
    assert reloads(gate, "taken") == 0


def test_a_review_keeps_the_set_it_began_with(gate: Gate, folder: Path) -> None:
    before = gate.live.current
    write(folder / "one.yaml", [policy("one", "true"), policy("two", "true")])
    settle(gate)
    assert [policy.name for policy in before.everything.policies] == ["one"]
    assert gate.live.current.generation == before.generation + 1


def test_files_that_still_change_are_left_alone(gate: Gate, folder: Path) -> None:
    assert gate.directory is not None
    for text in ("apiVersion: admission", "apiVersion: admissionregistration.k8s.io/v1\nkind: Valid"):
        (folder / "one.yaml").write_text(text)
        gate.directory.look()
    write(folder / "one.yaml", [policy("one", "true")])
    settle(gate)
    assert (reloads(gate, "taken"), reloads(gate, "refused")) == (1, 0)


BROKEN = {
    "half a file": '{"apiVersion": "admissionregistration.k8s.io/v1", "kind": "Validating',
    "a wrong expression": "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n"
    "metadata: {name: two}\nspec: {validations: [{expression: 'nope'}]}\n",
    "an unknown field": "apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\n"
    "metadata: {name: two}\nspec: {validation: []}\n",
    "no text": "\x00\x01\x02",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_change_is_refused_and_what_was_there_goes_on(gate: Gate, folder: Path, text: str) -> None:
    write(folder / "one.yaml", [policy("one", "true")])
    (folder / "two.yaml").write_text(text)
    settle(gate)
    assert is_denied(gate)  # the change of `one` has not taken effect either
    assert names(gate) == ["one"]
    assert all(str(folder / "two.yaml") in problem for problem in problems(gate))
    assert len(problems(gate)) > 0
    assert (reloads(gate, "taken"), reloads(gate, "refused")) == (0, 1)


def test_a_broken_change_is_told_once_in_the_log(
    gate: Gate, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "two.yaml").write_text("{")
    settle(gate)
    settle(gate)
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.message.startswith(f"policies not taken, those before go on: {folder}/two.yaml:1:")


def test_a_mended_change_takes_effect_and_is_no_problem_any_more(gate: Gate, folder: Path) -> None:
    (folder / "two.yaml").write_text("{")
    settle(gate)
    write(folder / "two.yaml", [policy("two", "true")])
    settle(gate)
    assert (names(gate), problems(gate)) == (["one", "two"], [])


def test_an_emptied_folder_is_a_mistake_and_not_an_order(gate: Gate, folder: Path) -> None:
    (folder / "one.yaml").unlink()
    settle(gate)
    assert is_denied(gate)
    assert problems(gate) == [f"no ValidatingAdmissionPolicy found in `{folder}`"]


def test_a_folder_that_vanishes_is_a_mistake_and_not_an_order(gate: Gate, folder: Path) -> None:
    shutil.rmtree(folder)
    settle(gate)
    assert is_denied(gate)
    assert problems(gate) == [f"{folder}: cannot be read: no such file or directory"]


def test_where_policies_may_come_from_elsewhere_an_emptied_folder_takes_effect(folder: Path) -> None:
    live = LivePolicies()
    directory = PolicyDirectory([str(folder)], live, version="1.36", may_be_empty=True)
    directory.load()
    (folder / "one.yaml").unlink()
    directory.look()
    directory.look()
    assert live.current.everything.policies == ()


def mount(folder: Path, version: str, documents: list[dict[str, Any]]) -> None:
    """Write files as the kubelet does for a ConfigMap: links through `..data`, which is swapped in one step."""
    write(folder / f"..{version}" / "policies.yaml", documents)
    (folder / "..data_tmp").symlink_to(f"..{version}")
    os.replace(folder / "..data_tmp", folder / "..data")
    if not (folder / "policies.yaml").is_symlink():
        (folder / "policies.yaml").symlink_to("..data/policies.yaml")


def test_a_mounted_configmap_takes_effect_when_it_is_swapped(tmp_path: Path) -> None:
    folder = tmp_path / "mounted"
    mount(folder, "2026_01", [policy("one", "false")])
    with Gate(folder) as gate:
        assert names(gate) == ["one"]
        mount(folder, "2026_02", [policy("two", "true")])
        shutil.rmtree(folder / "..2026_01")
        settle(gate)
        assert (names(gate), problems(gate)) == (["two"], [])


@pytest.mark.parametrize("given", ["", "current"])
def test_a_checkout_that_is_swapped_by_a_link_takes_effect(tmp_path: Path, given: str) -> None:
    root = tmp_path / "git"
    write(root / ".worktrees" / "a" / "policies.yaml", [policy("one", "false")])
    write(root / ".worktrees" / "b" / "policies.yaml", [policy("two", "true")])
    (root / "current").symlink_to(".worktrees/a")
    with Gate(root / given) as gate:
        assert names(gate) == ["one"]
        (root / "next").symlink_to(".worktrees/b")
        os.replace(root / "next", root / "current")
        settle(gate)
        assert names(gate) == ["two"]


def test_links_that_lead_out_or_in_a_circle_do_not_lead_astray(gate: Gate, folder: Path) -> None:
    (folder / "root").symlink_to("/")
    (folder / "self").symlink_to(folder)
    (folder / "nowhere.yaml").symlink_to("nothing.yaml")
    settle(gate)
    assert (names(gate), problems(gate)) == (["one"], [])


def test_what_lies_beside_policies_takes_effect_too(gate: Gate, folder: Path) -> None:
    write(folder / "one.yaml", [policy("one", "namespaceObject.metadata.labels.stage == 'test'")])
    settle(gate)
    assert is_denied(gate)
    write(folder / "namespace.yaml", [namespace("shop", stage="test")])
    settle(gate)
    assert not is_denied(gate)


def test_a_binding_without_its_policy_is_a_problem_that_stops_nothing(gate: Gate, folder: Path) -> None:
    write(folder / "two.yaml", [binding("nobody")])
    settle(gate)
    assert problems(gate) == ["binding `nobody-everywhere` does nothing: there is no policy `nobody`"]
    assert reloads(gate, "taken") == 1


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN.keys())
def test_a_server_does_not_start_with_broken_policies(folder: Path, text: str) -> None:
    (folder / "two.yaml").write_text(text)
    with pytest.raises(PolicyEngineError, match=r"two\.yaml"):
        PolicyDirectory([str(folder)], LivePolicies(), version="1.36").load()


def test_a_server_does_not_start_without_policies(folder: Path) -> None:
    (folder / "one.yaml").unlink()
    with pytest.raises(PolicyEngineError, match="no ValidatingAdmissionPolicy found"):
        PolicyDirectory([str(folder)], LivePolicies(), version="1.36").load()


def test_a_change_while_files_are_read_is_seen_at_the_next_look(folder: Path) -> None:
    # What counts is how the files were before they were read.
    live = LivePolicies()
    directory = PolicyDirectory([str(folder)], live, version="1.36")

    def change(ruleset: Ruleset) -> None:
        write(folder / "two.yaml", [policy("two", "true")])

    live.listen(change)
    directory.load()
    directory.look()
    directory.look()
    assert [policy.name for policy in live.current.everything.policies] == ["one", "two"]
