from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission.index import _EXEMPT
from policy_engine.admission.kinds import BUILT_IN_KINDS
from policy_engine.admission.model import MatchCondition, Rule
from policy_engine.authoring.expression_case import ExpressionCase, Returns, evaluate
from webhook.registration.conditions import _REVIEW_GROUPS, match_conditions

EVERYTHING = Rule(resources=("*/*",))
PODS = Rule(api_groups=("",), resources=("pods",))
KUBELET = {"username": "system:node:one", "groups": ["system:nodes", "system:authenticated"]}
ADMIN = {"username": "jane", "groups": ["admins", "system:authenticated"]}
NODES = {"group": "", "version": "v1", "resource": "nodes"}
SECRETS = {"group": "", "version": "v1", "resource": "secrets"}


def is_asked(conditions: tuple[MatchCondition, ...], user: dict[str, Any], resource: dict[str, str]) -> bool:
    """Evaluate conditions as the oldest API server that knows them does."""
    request = {"uid": "u", "resource": resource, "operation": "UPDATE", "userInfo": user}
    found = []
    for condition in conditions:
        case = ExpressionCase(expression=condition.expression, inputs={"request": request}, returns=Returns.BOOL)
        evaluated = evaluate(case, version="1.28")
        assert evaluated.error is None
        found.append(evaluated.value)
    return all(found)


def names(*rules: Rule) -> list[str]:
    return [condition.name for condition in match_conditions(rules)]


def test_the_api_server_itself_is_never_held_up() -> None:
    conditions = match_conditions([PODS])
    assert not is_asked(conditions, {"username": "system:apiserver", "groups": ["system:masters"]}, SECRETS)
    assert is_asked(conditions, ADMIN, SECRETS)


def test_a_user_without_name_and_groups_is_asked_about() -> None:
    assert is_asked(match_conditions([EVERYTHING]), {}, SECRETS)
    assert is_asked(match_conditions([EVERYTHING]), {}, NODES)


@pytest.mark.parametrize("group", _REVIEW_GROUPS)
def test_questions_about_access_are_never_asked_for(group: str) -> None:
    resource = {"group": group, "version": "v1", "resource": "subjectaccessreviews"}
    assert not is_asked(match_conditions([EVERYTHING]), ADMIN, resource)


def test_exactly_what_policies_never_judge_is_in_the_groups_left_out() -> None:
    exempt = {pair for pair in _EXEMPT if pair[0] != "admissionregistration.k8s.io"}
    known = {pair for pair in BUILT_IN_KINDS._by_resource if pair[0] in _REVIEW_GROUPS}
    assert exempt == known


@pytest.mark.parametrize(
    "resource",
    [
        NODES,
        {"group": "certificates.k8s.io", "version": "v1", "resource": "certificatesigningrequests"},
        {"group": "storage.k8s.io", "version": "v1", "resource": "csinodes"},
    ],
)
@pytest.mark.parametrize("group", ["system:nodes", "system:bootstrappers", "system:serviceaccounts:kube-system"])
def test_what_keeps_nodes_alive_is_not_held_up_by_a_wildcard(resource: dict[str, str], group: str) -> None:
    user = {"username": "x", "groups": ["system:authenticated", group]}
    assert not is_asked(match_conditions([EVERYTHING]), user, resource)


def test_others_are_asked_about_when_they_change_a_node() -> None:
    assert is_asked(match_conditions([EVERYTHING]), ADMIN, NODES)


def test_kubelets_are_asked_about_other_resources() -> None:
    assert is_asked(match_conditions([EVERYTHING]), KUBELET, SECRETS)


@pytest.mark.parametrize("named", ["nodes", "nodes/status", "nodes/*"])
def test_a_policy_that_names_nodes_is_about_kubelets_too(named: str) -> None:
    rules = (EVERYTHING, Rule(api_groups=("",), resources=(named,)))
    assert is_asked(match_conditions(rules), KUBELET, NODES)
    csi = {"group": "storage.k8s.io", "version": "v1", "resource": "csinodes"}
    assert not is_asked(match_conditions(rules), KUBELET, csi)


def test_conditions_that_make_no_difference_are_left_out() -> None:
    assert names(PODS) == ["not-by-the-api-server-itself"]
    assert names(Rule(api_groups=("apps",))) == ["not-by-the-api-server-itself"]
    assert names(Rule(scope="Namespaced", resources=("*",))) == [
        "not-by-the-api-server-itself",
        "not-a-question-about-access",
    ]
    assert len(names(EVERYTHING)) == 3
