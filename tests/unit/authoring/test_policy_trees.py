"""Policies are loaded from revisions, beside others from folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.authoring.files import BrokenFiles
from policy_engine.authoring.policy_files import LoadedPolicies, NoPolicies
from policy_engine.authoring.policy_trees import FolderFiles, PlacedFiles, TreeFiles, load_policies_from
from policy_engine.sources import Limits
from tests.json_parts import part
from tests.memory_tree import MemoryTree
from tests.unit.authoring.policies import policy

PARAM = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}"


def load(tree: MemoryTree, *paths: str, limits: Limits | None = None) -> LoadedPolicies:
    return load_policies_from([TreeFiles(tree, paths)], version="1.36", limits=limits or Limits())


def names(loaded: LoadedPolicies) -> list[str]:
    return [policy.name for policy in loaded.set.policies]


def mistakes(tree: MemoryTree, *paths: str) -> list[str]:
    with pytest.raises(BrokenFiles) as caught:
        load(tree, *paths)
    return [f"{mistake.place}: {mistake.message}" for mistake in caught.value.mistakes]


def test_a_folder_gives_the_manifests_below_it_and_nothing_else() -> None:
    tree = MemoryTree(
        {
            "policies/a.yaml": policy("a"),
            "policies/deep/er/b.yml": policy("b"),
            "policies/c.json": "{}",
            "policies/README.md": "no: [yaml",
            "policies/.hidden/c.yaml": policy("c"),
            "policies-old/d.yaml": policy("d"),
            "e.yaml": policy("e"),
        }
    )
    assert names(load(tree, "policies")) == ["a", "b"]


def test_a_file_is_read_whatever_its_name() -> None:
    tree = MemoryTree({"policies/a.txt": policy("a"), "policies/b.yaml": policy("b")})
    assert names(load(tree, "policies/a.txt")) == ["a"]


def test_the_root_stands_for_everything() -> None:
    assert names(load(MemoryTree({"a.yaml": policy("a"), "x/b.yaml": policy("b")}), ".")) == ["a", "b"]


def test_a_file_that_two_paths_stand_for_is_read_once() -> None:
    tree = MemoryTree({"policies/a.yaml": policy("a")})
    assert names(load(tree, "policies/a.yaml", "policies", "policies")) == ["a"]


def test_what_lies_beside_the_policies_comes_with_them() -> None:
    namespace = "{apiVersion: v1, kind: Namespace, metadata: {name: prod}}"
    loaded = load(MemoryTree({"p/a.yaml": policy(), "p/b.yaml": f"{namespace}\n---\n{PARAM}\n"}), "p")
    assert [part(one, "metadata", "name") for one in loaded.namespaces] == ["prod"]
    assert [one["kind"] for one in loaded.params] == ["ConfigMap"]


def test_test_files_beside_policies_are_no_policies() -> None:
    tree = MemoryTree(
        {"p/a.yaml": policy("a"), "p/a.test.yaml": "apiVersion: polgate.io/v1alpha1\nkind: PolicyTest"}
    )
    loaded = load(tree, "p")
    assert (names(loaded), loaded.params) == (["a"], ())


def test_a_mistake_in_a_policy_is_told_at_its_path_in_the_repository() -> None:
    tree = MemoryTree({"p/a.yaml": policy(expression="object.spec.replicas <= ")})
    (mistake,) = mistakes(tree, "p")
    assert mistake.startswith("p/a.yaml:9:")


@pytest.mark.parametrize("path", ["p", "p/a.yaml"])
def test_a_link_is_a_mistake_and_is_not_followed(path: str) -> None:
    tree = MemoryTree({"p/b.yaml": policy()}, links={"p/a.yaml": "x"})
    assert mistakes(tree, path) == ["p/a.yaml: is a symbolic link, which is not followed"]


def test_a_link_without_a_manifests_extension_is_a_mistake_because_it_may_be_a_folder() -> None:
    tree = MemoryTree({"p/b.yaml": policy()}, links={"p/more": "x"})
    assert mistakes(tree, "p") == ["p/more: is a symbolic link, which is not followed"]


def test_a_path_through_a_link_is_a_mistake() -> None:
    tree = MemoryTree({"b.yaml": policy()}, links={"p": "x"})
    assert mistakes(tree, "p/more") == ["p: is a symbolic link, which is not followed"]


def test_a_submodule_is_a_mistake() -> None:
    tree = MemoryTree({"b.yaml": policy()}, submodules=["p"])
    assert mistakes(tree, "p") == ["p: is a submodule, which is not followed"]
    assert mistakes(tree, "p/more") == ["p: is a submodule, which is not followed"]


def test_a_path_that_is_not_there_is_a_mistake() -> None:
    tree = MemoryTree({"policies/a.yaml": policy()})
    assert mistakes(tree, "polices", "policies") == [
        "polices: cannot be read: no such file or folder in this revision"
    ]


def test_a_file_above_the_limit_is_a_mistake() -> None:
    tree = MemoryTree({"p/a.yaml": policy()})
    with pytest.raises(BrokenFiles) as caught:
        load(tree, "p", limits=Limits(file_bytes=100))
    assert caught.value.mistakes[0].message == "larger than 100 bytes"


def test_nothing_found_is_an_error_that_names_the_places() -> None:
    places = [TreeFiles(MemoryTree({"p/a.yaml": PARAM}), ["p"]), TreeFiles(MemoryTree({"q/a.yaml": "{}"}), ["q"])]
    with pytest.raises(NoPolicies) as caught:
        load_policies_from(places, version="1.36")
    assert caught.value.message == "no ValidatingAdmissionPolicy found in `p`, `q`"


def test_a_revision_and_folders_give_one_set(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(policy("b"))
    places: list[PlacedFiles] = [
        TreeFiles(MemoryTree({"p/a.yaml": policy("a")}), ["p"]),
        FolderFiles([str(tmp_path)]),
    ]
    assert names(load_policies_from(places, version="1.36")) == ["a", "b"]


def test_a_name_in_two_places_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(policy("a"))
    places: list[PlacedFiles] = [
        TreeFiles(MemoryTree({"p/a.yaml": policy("a")}), ["p"]),
        FolderFiles([str(tmp_path)]),
    ]
    with pytest.raises(BrokenFiles) as caught:
        load_policies_from(places, version="1.36")
    assert caught.value.mistakes[0].message == (
        "a second ValidatingAdmissionPolicy named `a`: the first is at p/a.yaml:1"
    )


def test_policies_say_of_themselves_what_their_annotations_hold() -> None:
    ours = (
        'policies.polgate.io/title: "  At most\\n five ", policies.polgate.io/description: "**No** more.",'
        " policies.polgate.io/url: 'https://example.com/limits', policies.kyverno.io/title: not this"
    )
    theirs = "policies.kyverno.io/title: Theirs, policies.kyverno.io/description: Too"
    tree = MemoryTree({"p/a.yaml": policy("a", annotations=ours), "p/b.yaml": policy("b", annotations=theirs)})
    one, other = load(tree, "p").about
    assert (one.name, one.title, one.description) == ("a", "At most five", "**No** more.")
    assert one.url == "https://example.com/limits"
    assert (other.name, other.title, other.description, other.url) == ("b", "Theirs", "Too", "")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a b", "//x", "/etc"])
def test_an_address_that_is_no_web_address_is_left_out(url: str) -> None:
    tree = MemoryTree({"p/a.yaml": policy(annotations=f"policies.polgate.io/url: '{url}'")})
    assert load(tree, "p").about[0].url == ""
