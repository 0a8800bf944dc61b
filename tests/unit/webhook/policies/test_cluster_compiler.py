"""Policies of the cluster: compiled where they changed, in force even where they do not compile."""

from __future__ import annotations

from tests.unit.webhook.documents import binding, policy
from webhook.policies.cluster_compiler import ClusterPolicyCompiler


def test_only_what_changed_is_compiled_anew() -> None:
    compiler = ClusterPolicyCompiler("1.36")
    first = compiler.compile([policy("same", "true"), policy("other", "true")], [])
    second = compiler.compile([policy("same", "true"), policy("other", "false")], [])
    assert second.policies[0] is first.policies[0]
    assert second.policies[1] is not first.policies[1]


def test_a_policy_that_does_not_compile_is_in_force_and_counts_as_a_fault() -> None:
    source = ClusterPolicyCompiler("1.36").compile([policy("broken", "object.")], [binding("broken")])
    assert [policy.name for policy in source.policies] == ["broken"]
    assert source.problems == ()
    assert source.fault_count() == 1


def test_what_cannot_be_read_is_left_out_and_named() -> None:
    strange = policy("strange", "true") | {"spec": {"validations": "none"}}
    odd = binding("fine") | {"spec": {"policyName": 1}}
    source = ClusterPolicyCompiler("1.36").compile([strange, policy("fine", "true")], [odd])
    assert [policy.name for policy in source.policies] == ["fine"]
    assert [problem.partition(" is left out")[0] for problem in source.problems] == [
        "policy `strange`",
        "binding `fine-everywhere`",
    ]


def test_a_binding_whose_policy_is_not_there_is_named() -> None:
    source = ClusterPolicyCompiler("1.36").compile([], [binding("gone")])
    assert source.problems == ("binding `gone-everywhere` does nothing: there is no policy `gone`",)
