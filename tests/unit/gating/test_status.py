from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.forges.proposals import Build, Proposal
from policy_engine.gating.gate import Judged
from policy_engine.reports.findings import Outcome
from tests.git_repositories import TestRepository
from tests.unit.gating.conftest import SETTINGS, config_map, policy, told

Gate = Callable[..., Judged]


def test_what_a_change_brings_blocks_it(gate: Gate) -> None:
    judged = gate({"a.yaml": config_map("a", "bad")})
    assert told(judged) == ["new deny CREATE a: bad is not allowed"]
    assert judged.report.outcome is Outcome.BLOCKED


def test_what_was_wrong_before_does_not_block(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "bad")})
    judged = gate({"a.yaml": "\n\n" + config_map("a", "bad") + "  other: '1'\n"})
    assert told(judged) == ["existing deny UPDATE a: bad is not allowed"]
    assert judged.report.outcome is Outcome.PASSED


def test_with_all_what_was_wrong_before_blocks_too(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "bad")})
    judged = gate({"a.yaml": config_map("a", "bad") + "  other: '1'\n"}, existing=True)
    assert judged.report.outcome is Outcome.BLOCKED


def test_it_stays_existing_in_another_file(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "bad")})
    judged = gate({"a.yaml": None, "b.yaml": config_map("a", "bad") + "  other: '1'\n"})
    assert told(judged) == ["existing deny UPDATE a: bad is not allowed"]
    assert judged.report.findings[0].path == "b.yaml"


def test_what_a_change_mends_is_fixed(gate: Gate) -> None:
    gate({"a.yaml": config_map("a", "bad"), "b.yaml": config_map("b", "bad")})
    judged = gate({"a.yaml": config_map("a", "good"), "b.yaml": None})
    assert told(judged) == ["fixed deny CREATE a: bad is not allowed", "fixed deny CREATE b: bad is not allowed"]
    assert judged.report.outcome is Outcome.PASSED
    assert judged.report.denied == 0


def test_a_policy_that_only_looks_at_what_changes_still_knows_what_was_wrong(
    repository: TestRepository, gate: Gate
) -> None:
    condition = "  matchConditions: [{name: c, expression: 'oldObject == null || object.data != oldObject.data'}]"
    looks = policy("looks", "object.data.key != 'ugly'", extra=condition, operations="CREATE, UPDATE")
    repository.commit({"policies/looks.yaml": looks, "a.yaml": config_map("a", "ugly")})
    judged = gate({"a.yaml": config_map("a", "ugly") + "  other: '1'\n"})
    assert told(judged) == ["existing deny UPDATE a: no"]


def test_a_rule_about_the_change_itself_is_never_an_old_fault(repository: TestRepository, gate: Gate) -> None:
    frozen = policy("frozen", "oldObject != null && object.data == oldObject.data", operations="CREATE, UPDATE")
    repository.commit({"policies/frozen.yaml": frozen, "a.yaml": config_map("a", "one")})
    assert told(gate({"a.yaml": config_map("a", "two")})) == ["new deny UPDATE a: no"]


def test_a_second_fault_like_an_old_one_is_new(repository: TestRepository, gate: Gate) -> None:
    pinned = policy("pinned", "object.spec.containers.all(c, c.image != 'x')", resources="pods")
    repository.commit({"policies/pinned.yaml": pinned})
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{}"
    one, two = "  - {name: one, image: x}\n", "  - {name: two, image: x}\n"
    gate({"a.yaml": pod.format(one)})
    assert told(gate({"a.yaml": pod.format(two)})) == ["new deny UPDATE a: no"]


def test_warnings_block_where_that_is_asked(repository: TestRepository, gate: Gate) -> None:
    binding = """
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: warns}
spec: {policyName: no-bad, validationActions: [Warn]}
"""
    repository.commit({"policies/binding.yaml": binding})
    assert gate({"a.yaml": config_map("a", "bad")}).report.outcome is Outcome.PASSED
    assert gate({"b.yaml": config_map("b", "bad")}, fail_on="warn").report.outcome is Outcome.BLOCKED


def test_what_needs_a_user_is_skipped_and_with_strict_that_blocks(repository: TestRepository, gate: Gate) -> None:
    repository.commit({"policies/who.yaml": policy("who", "request.userInfo.username == 'ada'")})
    judged = gate({"a.yaml": config_map("a", "one")})
    assert [count.skip.policy for count in judged.report.skips] == ["who"]
    assert judged.report.outcome is Outcome.PASSED
    assert gate({"b.yaml": config_map("b", "one")}, strict=True).report.outcome is Outcome.BLOCKED


def test_what_is_only_asked_of_new_objects_is_not_mended_by_an_update(
    repository: TestRepository, gate: Gate
) -> None:
    labelled = policy("labelled", "has(object.metadata.labels)", operations="CREATE")
    repository.commit({"policies/labelled.yaml": labelled, "a.yaml": config_map("a", "one")})
    assert told(gate({"a.yaml": config_map("a", "two")})) == []
    labels = config_map("a", "two").replace("{name: a}", "{name: a, labels: {x: y}}")
    assert told(gate({"a.yaml": labels})) == ["fixed deny CREATE a: no"]


def test_a_second_bad_container_is_new_though_the_same_is_said_of_both(
    repository: TestRepository, gate: Gate
) -> None:
    pinned = policy("pinned", "object.spec.containers.all(c, c.image != 'x')", resources="pods")
    repository.commit({"policies/pinned.yaml": pinned})
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{}"
    one, two = "  - {name: one, image: x}\n", "  - {name: two, image: x}\n"
    gate({"a.yaml": pod.format(one)})
    assert told(gate({"a.yaml": pod.format(one + two)})) == ["new deny UPDATE a: no"]
    assert told(gate({"a.yaml": pod.format(two + one) + "  hostNetwork: true\n"})) == [
        "existing deny UPDATE a: no"
    ]
    assert told(gate({"a.yaml": pod.format(two)})) == ["existing deny UPDATE a: no"]


@pytest.mark.parametrize(
    "expression",
    [
        "object.spec.containers.filter(c, c.image != 'x').size() == object.spec.containers.size()",
        "object.spec.containers.map(c, c.image != 'x').all(ok, ok)",
        "object.spec.containers.all(c, c.image != 'x')",
        "!object.spec.containers.exists(c, c.image == 'x')",
    ],
)
def test_what_changed_elements_do_by_themselves_decides(
    repository: TestRepository, gate: Gate, expression: str
) -> None:
    repository.commit({"policies/pinned.yaml": policy("pinned", expression, resources="pods")})
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n{}"
    bad, worse, good = (
        "  - {name: one, image: x}\n",
        "  - {name: two, image: x}\n",
        "  - {name: two, image: y}\n",
    )
    gate({"a.yaml": pod.format(bad)})
    existing, new = ["existing deny UPDATE a: no"], ["new deny UPDATE a: no"]
    assert told(gate({"a.yaml": pod.format(bad + good)})) == existing
    assert told(gate({"a.yaml": pod.format(bad + worse)})) == new
    assert told(gate({"a.yaml": pod.format(bad + good)})) == existing
    assert told(gate({"a.yaml": pod.format(bad)})) == existing
    assert told(gate({"a.yaml": pod.format(good)})) == ["fixed deny CREATE a: no"]


def test_a_rule_about_who_asks_is_never_an_old_fault(repository: TestRepository, gate: Gate) -> None:
    users = "users: {ada: {username: ada, groups: [developers]}}\n"
    who = policy("who", "'ops' in request.userInfo.groups")
    repository.commit(
        {".polgate.yaml": SETTINGS + users, "policies/who.yaml": who, "a.yaml": config_map("a", "1")}
    )
    ada = Build(system="s", event="e", proposal=Proposal(author="ada"))
    assert told(gate({"a.yaml": config_map("a", "2")}, build=ada)) == ["new deny UPDATE a: no"]


def test_a_rule_about_the_operation_is_never_an_old_fault(repository: TestRepository, gate: Gate) -> None:
    rules = {
        "policies/frozen.yaml": policy("frozen", "request.operation != 'UPDATE'"),
        "policies/size.yaml": policy("size", "request.operation == 'DELETE' || object.data.key != 'ugly'"),
    }
    repository.commit({**rules, "a.yaml": config_map("a", "ugly")})
    assert told(gate({"a.yaml": config_map("a", "ugly") + "  more: '1'\n"})) == [
        "new deny UPDATE a: no",
        "existing deny UPDATE a: no",
    ]


def test_a_new_fault_is_shown_where_it_is_and_not_where_an_old_one_is(
    repository: TestRepository, gate: Gate
) -> None:
    both = policy("both", "!has(object.spec.hostNetwork) && !has(object.spec.hostPID)", resources="pods")
    repository.commit({"policies/both.yaml": both})
    pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostNetwork: true\n"
    gate({"a.yaml": pod})
    (finding,) = gate({"a.yaml": pod + "  hostPID: true\n"}).report.findings
    assert (finding.status, finding.field, finding.span.start.line) == ("new", "spec.hostPID", 6)
