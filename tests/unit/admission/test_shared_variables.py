"""Variables that several policies have: one value where they mean the same, and never another policy's."""

from __future__ import annotations

from typing import Any

from policy_engine.admission import AdmissionRequest, Context, PolicySet, request_from_manifest, review
from policy_engine.admission.context import NamespaceTable
from policy_engine.admission.model import Policy

_REQUEST: AdmissionRequest = request_from_manifest(
    {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m", "namespace": "n"}, "data": {"a": "1"}}
)
_CONTEXT = Context(namespaces=NamespaceTable({"n": {"metadata": {"name": "n"}}}))


def policy(name: str, expression: str, **variables: str) -> Policy:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["*"], "resources": ["configmaps"]}
    spec: dict[str, Any] = {
        "matchConstraints": {"resourceRules": [rule]},
        "variables": [{"name": variable, "expression": text} for variable, text in variables.items()],
        "validations": [{"expression": expression, "message": name}],
    }
    return Policy.decode({"metadata": {"name": name}, "spec": spec})


def denied_by(*policies: Policy) -> list[str]:
    verdict = review(PolicySet.compile(policies, []).bind_unbound(), _REQUEST, _CONTEXT)
    return [denial.policy for denial in verdict.denials]


def test_policies_with_the_same_variable_see_the_same_value() -> None:
    same = {"a": "object.data.a", "b": "variables.a + 'x'"}
    assert denied_by(
        policy("one", "variables.b == '1x'", **same),
        policy("two", "variables.b == '1x'", **same),
        policy("three", "variables.b == '2x'", **same),
    ) == ["three"]


def test_a_variable_of_the_same_text_has_another_value_where_it_reads_another_variable() -> None:
    text = "variables.a + 'x'"
    assert (
        denied_by(
            policy("one", "variables.b == '1x'", a="object.data.a", b=text),
            policy("two", "variables.b == 'otherx'", a="'other'", b=text),
            policy("three", "variables.b == 'otherx'", a="'other'", b=text),
            policy("four", "variables.b == '1x'", a="object.data.a", b=text),
        )
        == []
    )


def test_a_variable_that_fails_fails_for_each_policy_that_reads_it() -> None:
    broken = {"a": "object.data.missing"}
    assert denied_by(
        policy("one", "variables.a == ''", **broken),
        policy("two", "true || variables.a == ''", **broken),
        policy("three", "variables.a == ''", **broken),
    ) == ["one", "three"]
