"""Policies of a revision are compiled and tested, and read nothing outside of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.authoring.policy_trees import FolderFiles
from policy_engine.authoring.policy_trial import verify
from policy_engine.authoring.policy_verification import PolicyVerification
from policy_engine.authoring.verification_process import Bounds, verify_policies
from tests.memory_tree import MemoryTree
from tests.unit.authoring.policies import TEST_HEAD, WEB, policy

PASSES = f"{TEST_HEAD}request: {{object: {WEB}}}\ncases: [{{name: allows three, want: allow}}]\n"


def verified(files: dict[str, str], *paths: str, links: tuple[str, ...] = ()) -> PolicyVerification:
    return verify(MemoryTree(files, dict.fromkeys(links, "x")), paths or ("p",), version="1.36")


def mistakes(verification: PolicyVerification) -> list[str]:
    return [f"{mistake.place}: {mistake.message}" for mistake in verification.mistakes]


def test_policies_whose_tests_pass_could_be_in_force() -> None:
    found = verified({"p/a.yaml": policy(), "p/a.test.yaml": PASSES})
    assert (found.policies, found.tests, found.cases, found.passed) == (1, 1, 1, True)


def test_policies_without_tests_could_be_in_force() -> None:
    found = verified({"p/a.yaml": policy()})
    assert (found.policies, found.tests, found.passed) == (1, 0, True)


def test_a_policy_that_does_not_compile_is_a_mistake_and_no_test_is_run() -> None:
    found = verified({"p/a.yaml": policy(expression="object.spec.replicas <="), "p/a.test.yaml": PASSES})
    assert mistakes(found)[0].startswith("p/a.yaml:9:")
    assert (found.policies, found.tests, found.passed) == (0, 0, False)


def test_policies_that_are_gone_are_a_mistake() -> None:
    found = verified({"p/a.yaml": "{}"})
    assert mistakes(found) == ["p: no ValidatingAdmissionPolicy found in `p`"]


def test_a_case_that_fails_is_told_with_what_was_wanted_and_found() -> None:
    test = PASSES.replace("want: allow", "want: {outcome: deny, message: too many}")
    found = verified({"p/a.yaml": policy(), "p/a.test.yaml": test})
    (failed,) = found.failed
    assert (failed.path, failed.place.line, failed.name) == ("p/a.test.yaml", 4, "allows three")
    assert failed.message == "wanted outcome `deny`, message `too many`, found outcome `allow`"
    assert not found.passed


def test_a_finding_that_no_case_wants_is_told() -> None:
    found = verified({"p/a.yaml": policy(expression="object.spec.replicas <= 2"), "p/a.test.yaml": PASSES})
    assert [failed.message for failed in found.failed] == ["wanted outcome `allow`, found outcome `deny`"]


def test_the_tests_beside_a_policy_that_is_named_are_run() -> None:
    files = {"p/a.yaml": policy("a"), "p/a.test.yaml": PASSES, "p/b.yaml": policy("b"), "p/b.test.yaml": PASSES}
    found = verified(files, "p/a.yaml")
    assert (found.policies, found.tests) == (1, 1)


def test_a_test_may_name_files_of_all_the_repository() -> None:
    cases = "cases: [{name: a, want: allow, request: {object: {file: ../w}}}]\n"
    test = f"{TEST_HEAD}policies: [a.yaml, ../q]\n{cases}"
    files = {"p/a.yaml": policy("a"), "p/a.test.yaml": test, "q/b.yaml": policy("b"), "w": WEB}
    assert verified(files).passed


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "../.."])
def test_a_test_that_names_policies_outside_of_the_repository_is_refused(name: str) -> None:
    test = f"{TEST_HEAD}policies: ['{name}']\ncases: [{{name: a, want: allow}}]\n"
    found = verified({"p/a.yaml": policy(), "p/a.test.yaml": test})
    assert mistakes(found) == [f"p/a.test.yaml:3:12: `{name}` leads out of the repository"]


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd"])
def test_a_test_that_names_an_object_outside_of_the_repository_is_refused(name: str) -> None:
    test = f"{TEST_HEAD}cases: [{{name: a, want: allow, request: {{object: {{file: '{name}'}}}}}}]\n"
    found = verified({"p/a.yaml": policy(), "p/a.test.yaml": test})
    assert mistakes(found) == [f"p/a.test.yaml:3:51: `{name}` leads out of the repository"]


def test_a_test_that_names_a_link_is_refused() -> None:
    test = f"{TEST_HEAD}cases: [{{name: a, want: allow, request: {{object: {{file: ../l.yaml}}}}}}]\n"
    found = verified({"p/a.yaml": policy(), "p/a.test.yaml": test}, links=("l.yaml",))
    assert mistakes(found) == ["p/a.test.yaml:3:51: `../l.yaml`: cannot be read: no such file"]


def test_a_test_file_that_is_a_link_is_refused() -> None:
    found = verified({"p/a.yaml": policy()}, links=("p/a.test.yaml",))
    assert mistakes(found) == ["p/a.test.yaml: is a symbolic link, which is not followed"]


def test_the_other_process_gives_the_same_as_this_one(tmp_path: Path) -> None:
    (tmp_path / "b.yaml").write_text(policy("b"))
    tree = MemoryTree({"p/a.yaml": policy("a"), "p/a.test.yaml": PASSES.replace("want: allow", "want: deny")})
    beside = [FolderFiles([str(tmp_path)])]
    apart = verify_policies(tree, ["p"], version="1.36", beside=beside)
    assert apart == verify(tree, ["p"], version="1.36", beside=beside)
    assert (apart.policies, len(apart.failed)) == (2, 1)


def test_mistakes_come_out_of_the_other_process_with_their_lines() -> None:
    tree = MemoryTree({"p/a.yaml": policy(expression="object.spec.replicas <=")})
    (mistake,) = verify_policies(tree, ["p"], version="1.36").mistakes
    assert (mistake.path, mistake.line) == ("p/a.yaml", 9)
    assert mistake.excerpt is not None


def test_nothing_to_verify_is_nothing_wrong() -> None:
    assert verify_policies(MemoryTree({}), [], version="1.36") == PolicyVerification()


def test_a_regular_expression_that_never_ends_is_ended() -> None:
    # Each `a` doubles the ways in which Python's `re` tries to fit the text, before it sees that none does.
    test = PASSES.replace("want: allow", "want: {outcome: deny, messageMatches: (a|a)*$}")
    files = {"p/a.yaml": policy(expression="false").replace("too many", "a" * 60 + "b"), "p/a.test.yaml": test}
    found = verify_policies(MemoryTree(files), ["p"], version="1.36", bounds=Bounds(timeout_s=2))
    assert mistakes(found) == ["p: the policies and their tests take more than 2 s"]


def test_patches_that_double_an_object_without_end_are_ended() -> None:
    steps = ", ".join(["{op: copy, from: /s, path: /s/0}"] * 60)
    head = "objects: {o: {apiVersion: apps/v1, kind: Deployment, metadata: {name: o}, s: [1]}}\n"
    test = (
        f"{TEST_HEAD}{head}cases: [{{name: a, want: deny, request: {{object: {{base: o, patch: [{steps}]}}}}}}]\n"
    )
    tree = MemoryTree({"p/a.yaml": policy(), "p/a.test.yaml": test})
    found = verify_policies(tree, ["p"], version="1.36", bounds=Bounds(memory_bytes=256 * 1024**2))
    assert mistakes(found) == ["p: the policies and their tests need more than 256 MiB of memory"]
