from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission.model import Binding, Policy
from policy_engine.errors import PolicyError


def test_what_is_left_out_has_the_api_s_default() -> None:
    policy = Policy.decode({"metadata": {"name": "p"}, "spec": {"matchConstraints": {"resourceRules": [{}]}}})
    assert policy.match_constraints is not None
    assert policy.match_constraints.equivalent
    assert policy.match_constraints.object_selector.is_empty()
    assert policy.match_constraints.resource_rules[0].scope == "*"
    assert not policy.ignores_errors
    assert policy.param_kind is None


def test_null_reads_as_left_out() -> None:
    spec = dict.fromkeys(["validations", "variables", "matchConditions", "auditAnnotations", "paramKind"])
    policy = Policy.decode({"metadata": {"name": "p"}, "spec": spec})
    assert (policy.validations, policy.variables, policy.param_kind) == ((), (), None)


@pytest.mark.parametrize(
    ("spec", "want"),
    [
        ([], "spec: expected an object, found a list"),
        ({"validations": {}}, "spec.validations: expected a list, found an object"),
        ({"validations": ["x"]}, "spec.validations[0]: expected an object, found a string"),
        (
            {"validations": [{"expression": 1}]},
            "spec.validations[0].expression: expected a string, found a number",
        ),
        (
            {"matchConstraints": {"resourceRules": [{"apiGroups": ["a", True]}]}},
            "spec.matchConstraints.resourceRules[0].apiGroups[1]: expected a string, found a boolean",
        ),
        (
            {"matchConstraints": {"objectSelector": {"matchLabels": {"a": 1}}}},
            "spec.matchConstraints.objectSelector.matchLabels.a: expected a string, found a number",
        ),
    ],
)
def test_a_field_of_the_wrong_type_is_refused_with_its_path(spec: Any, want: str) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.decode({"metadata": {"name": "p"}, "spec": spec})
    assert caught.value.message == want


def test_an_empty_selector_of_params_is_not_the_same_as_none() -> None:
    def decode(ref: dict[str, Any]) -> Binding:
        return Binding.decode({"metadata": {"name": "b"}, "spec": {"policyName": "p", "paramRef": ref}})

    selecting, naming = decode({"selector": {}}).param_ref, decode({"name": "x"}).param_ref
    assert selecting is not None
    assert naming is not None
    assert selecting.selector is not None
    assert naming.selector is None
