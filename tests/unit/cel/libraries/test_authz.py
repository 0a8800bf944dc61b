"""What an authorizer is asked, and the one that answers by rules."""

from __future__ import annotations

from typing import Any

import pytest

from policy_engine.cel.budget import Meter
from policy_engine.cel.environment import Environment
from policy_engine.cel.libraries.authz import (
    AUTHORIZER,
    AllowAll,
    Answer,
    Attributes,
    DenyAll,
    RuleTable,
    Ruling,
    User,
    authorizer_value,
    request_resource,
)
from policy_engine.cel.libraries.selectors import Requirement

ENVIRONMENT = Environment.kubernetes("1.36").extend(variables={"authorizer": AUTHORIZER})
ALICE = User(username="alice", groups=("dev",))


class Recorder:
    """Remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Attributes] = []

    def authorize(self, attributes: Attributes) -> Answer:
        self.asked.append(attributes)
        return Answer(ruling=Ruling.ALLOW)


def ask(expression: str) -> Attributes:
    recorder = Recorder()
    value = authorizer_value(ALICE, recorder)
    assert ENVIRONMENT.compile(expression).run({"authorizer": value}, Meter(1_000_000)) is True
    (asked,) = recorder.asked
    return asked


def test_asks_about_a_resource() -> None:
    steps = "group('apps').resource('deployments').subresource('scale').namespace('a').name('web')"
    assert ask(f"authorizer.{steps}.check('get').allowed()") == Attributes(
        user=ALICE,
        verb="get",
        api_group="apps",
        resource="deployments",
        subresource="scale",
        namespace="a",
        name="web",
    )


def test_asks_about_a_path() -> None:
    asked = ask("authorizer.path('/healthz').check('get').allowed()")
    assert asked == Attributes(user=ALICE, verb="get", is_resource_request=False, path="/healthz")


def test_asks_for_a_service_account() -> None:
    asked = ask("authorizer.serviceAccount('ci', 'bot').path('/a').check('get').allowed()")
    assert asked.user.username == "system:serviceaccount:ci:bot"
    assert asked.user.groups == ("system:serviceaccounts", "system:serviceaccounts:ci")


def test_hands_on_selectors_taken_apart() -> None:
    resource = "authorizer.group('').resource('pods')"
    asked = ask(f"{resource}.fieldSelector('spec.nodeName=n').labelSelector('a in (c,b)').check('list').allowed()")
    assert asked.field_selector == (Requirement("spec.nodeName", "=", ("n",)),)
    assert asked.label_selector == (Requirement("a", "in", ("b", "c")),)


def test_hands_on_nothing_for_a_selector_that_cannot_be_read() -> None:
    resource = "authorizer.group('').resource('pods')"
    asked = ask(f"{resource}.fieldSelector('!!').labelSelector('a in b').check('list').allowed()")
    assert (asked.field_selector, asked.label_selector) == ((), ())


def test_a_step_leaves_the_question_before_it_unchanged() -> None:
    recorder = Recorder()
    resource = "[authorizer.group('').resource('pods')].all(r, r.name('x').check('get').allowed() && "
    program = ENVIRONMENT.compile(resource + "r.check('get').allowed())")
    assert program.run({"authorizer": authorizer_value(ALICE, recorder)}, Meter(1_000_000)) is True
    assert [asked.name for asked in recorder.asked] == ["x", ""]


def test_takes_the_requests_resource_from_json() -> None:
    request = {"resource": {"group": "apps", "resource": "deployments"}, "subResource": "scale", "name": "web"}
    recorder = Recorder()
    request_resource(authorizer_value(ALICE, recorder), request).check("patch")
    (asked,) = recorder.asked
    assert (asked.api_group, asked.resource, asked.subresource) == ("apps", "deployments", "scale")
    assert (asked.namespace, asked.name, asked.verb) == ("", "web", "patch")


def test_takes_a_user_from_json() -> None:
    user = User.from_user_info({"username": "a", "groups": ["g"], "extra": {"k": ["v"]}})
    assert (user.username, user.uid, user.groups, user.extra) == ("a", "", ("g",), {"k": ["v"]})
    assert User.from_user_info({}) == User()


@pytest.mark.parametrize(
    ("rule", "asked"),
    [
        ({"verb": "get", "resource": "pods"}, {"verb": "get", "resource": "pods", "api_group": "apps"}),
        ({"verb": "get", "resource": "pods"}, {"verb": "get", "resource": "pods", "namespace": "a"}),
        ({"verb": "*", "path": "*"}, {"verb": "get", "resource": "pods"}),
        ({"verb": "*", "resource": "*"}, {"verb": "get", "path": "/a", "is_resource_request": False}),
        ({"verb": "*", "resource": "*", "user": "bob"}, {"verb": "get", "resource": "pods"}),
    ],
)
def test_a_rule_does_not_match_what_it_is_not_about(rule: dict[str, Any], asked: dict[str, Any]) -> None:
    table = RuleTable.from_json([{**rule, "decision": "allow"}])
    assert table.authorize(Attributes(user=ALICE, **asked)).ruling is Ruling.NO_OPINION


@pytest.mark.parametrize(
    "rule",
    [{"verb": "get", "decision": "maybe"}, {"verbs": ["get"], "decision": "allow"}, {"verb": 1}],
)
def test_refuses_what_is_no_rule(rule: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"found `maybe`|unknown field `verbs`|`verb` .* expected a text"):
        RuleTable.from_json([rule])


def test_the_simple_authorizers_answer_everything_alike() -> None:
    attributes = Attributes(user=ALICE, verb="get", resource="pods")
    assert AllowAll().authorize(attributes).ruling is Ruling.ALLOW
    assert DenyAll().authorize(attributes).ruling is Ruling.DENY
