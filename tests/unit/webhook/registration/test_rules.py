from __future__ import annotations

import itertools
import random
from dataclasses import replace

import pytest

from policy_engine.admission.model import Binding, MatchResources, Policy, Rule
from policy_engine.admission.policy_set import PolicySet
from policy_engine.admission.request import Operation
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.admission.rules import RequestShape, rule_matches
from webhook.registration.rules import Asked, covers, merge, rules_of

ANY = "*"


def rule(
    resources: str,
    *,
    groups: str = "apps",
    versions: str = "v1",
    operations: str = "CREATE",
    scope: str = "*",
    names: tuple[str, ...] = (),
) -> Rule:
    return Rule(
        api_groups=tuple(groups.split(",")),
        api_versions=tuple(versions.split(",")),
        resources=tuple(resources.split(",")),
        operations=tuple(operations.split(",")),
        scope=scope,
        resource_names=names,
    )


def policy(name: str, *rules: Rule, ignores_errors: bool = False) -> Policy:
    return Policy(name=name, match_constraints=MatchResources(resource_rules=rules), ignores_errors=ignores_errors)


def bound(*policies: Policy) -> PolicySet:
    bindings = [Binding(name=p.name, policy_name=p.name, actions=("Deny",)) for p in policies]
    return PolicySet.compile(policies, bindings)


def test_asks_for_what_policies_with_a_binding_are_about() -> None:
    pods, secrets = policy("a", rule("pods", groups="")), policy("b", rule("secrets", groups=""))
    binding = Binding(name="b", policy_name="a", actions=("Audit",))
    assert rules_of(PolicySet.compile([pods, secrets], [binding])) == Asked(fail=(rule("pods", groups=""),))


def test_without_a_bound_policy_nothing_is_asked_for() -> None:
    assert rules_of(PolicySet.compile([policy("a", rule("pods"))], [])) == Asked()


def test_policies_that_fail_open_are_asked_for_on_their_own() -> None:
    policies = bound(policy("a", rule("pods")), policy("b", rule("jobs"), ignores_errors=True))
    assert rules_of(policies) == Asked(fail=(rule("pods"),), ignore=(rule("jobs"),))


def test_names_of_resources_are_dropped_since_webhooks_know_none() -> None:
    assert merge([rule("pods", names=("web",))]) == (rule("pods"),)


def test_a_scope_stays() -> None:
    rules = [rule("pods", scope="Namespaced"), rule("pods", scope="Cluster")]
    assert {merged.scope for merged in merge(rules)} == {"Namespaced", "Cluster"}


def test_operations_of_one_resource_are_put_together_in_one_order() -> None:
    rules = [rule("pods", operations="DELETE"), rule("pods", operations="CREATE,UPDATE")]
    assert merge(rules) == (rule("pods", operations="CREATE,UPDATE,DELETE"),)


def test_resources_with_the_same_operations_are_put_together() -> None:
    assert merge([rule("statefulsets"), rule("deployments")]) == (rule("deployments,statefulsets"),)


def test_what_another_rule_covers_is_dropped() -> None:
    everything = rule("*/*", groups=ANY, versions=ANY, operations=ANY)
    assert merge([rule("pods"), everything, rule("pods/exec", operations="CONNECT")]) == (everything,)


def test_a_rule_that_can_match_nothing_is_dropped() -> None:
    assert merge([rule("pods", operations="PATCH"), replace(rule("pods"), resources=())]) == ()


def test_what_the_api_server_would_refuse_beside_a_wildcard_is_dropped() -> None:
    rules = [rule("pods,*,pods/exec,pods/*", groups="*,apps", versions="v1,*", operations="*,CREATE")]
    assert merge(rules) == (rule("*,pods/*", groups=ANY, versions=ANY, operations=ANY),)


def test_the_order_of_policies_makes_no_difference() -> None:
    rules = [
        rule("pods", groups=""),
        rule("pods", groups="", operations="UPDATE"),
        rule("deployments,replicasets"),
        rule("deployments", operations="UPDATE"),
        rule("deployments/scale", operations="UPDATE"),
        rule("*", groups="batch", scope="Namespaced"),
        rule("jobs", groups="batch"),
    ]
    assert len({merge(order) for order in itertools.permutations(rules)}) == 1


_VALUES = {
    "api_groups": ["", "apps", ANY],
    "api_versions": ["v1", "v1beta1", ANY],
    "resources": ["pods", "pods/exec", "pods/*", "*", "*/scale", "*/*", "jobs", "jobs/scale"],
    "operations": ["CREATE", "UPDATE", "CONNECT", ANY],
}
_SHAPES = [
    RequestShape(
        operation, GroupVersionResource(group, version, resource), sub, GroupVersionKind("", "v1", "X"), spaced
    )
    for operation in Operation
    for group in ("", "apps", "batch")
    for version in ("v1", "v1beta1", "v2")
    for resource in ("pods", "jobs", "nodes")
    for sub in ("", "exec", "scale", "status")
    for spaced in (True, False)
]


@pytest.mark.parametrize("seed", range(40))
def test_merged_rules_match_exactly_what_the_rules_match_and_pass_validation(seed: int) -> None:
    chance = random.Random(seed)
    rules = [
        Rule(
            **{key: tuple(chance.sample(values, chance.randint(1, 2))) for key, values in _VALUES.items()},
            scope=chance.choice(["*", "Namespaced", "Cluster"]),
        )
        for _ in range(chance.randint(1, 6))
    ]
    merged = merge(rules)
    for shape in _SHAPES:
        before = any(rule_matches(rule, shape, shape.resource) for rule in rules)
        assert any(rule_matches(rule, shape, shape.resource) for rule in merged) == before
    for one in merged:
        for values in (one.api_groups, one.api_versions, one.operations):
            assert "*" not in values or len(values) == 1
        assert "*/*" not in one.resources or len(one.resources) == 1
        assert "*" not in one.resources or not [r for r in one.resources if "/" not in r and r != "*"]
        assert not [(a, b) for a in merged for b in merged if a != b and covers(a, b)]
