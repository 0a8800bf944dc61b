from __future__ import annotations

import threading
from typing import Any

import pytest

from policy_engine.cel.libraries.authz import Answer, Attributes, Ruling, User
from policy_engine.cel.libraries.selectors import parse_field_selector, parse_label_selector
from tests.unit.webhook.cluster.fake_api import FakeApi, JsonObject, eventually
from webhook.cluster import authorizer as authorizer_module
from webhook.cluster.access_review import review_answer, review_spec
from webhook.cluster.api import ClusterClient
from webhook.cluster.authorizer import ALLOWED_FOR_S, NOT_ALLOWED_FOR_S, ClusterAuthorizer

JANE = User("jane", "u1", ("devs",), {"scope": ("a", "b")})
QUESTION = Attributes(user=JANE, verb="get", api_group="apps", resource="deployments", namespace="x", name="web")


class NeedsCall(BaseException):
    pass


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authorizer(client: ClusterClient, clock: Clock) -> ClusterAuthorizer:
    return ClusterAuthorizer(client, clock=clock)


def answer_with(api: FakeApi, **status: Any) -> list[JsonObject]:
    asked: list[JsonObject] = []

    def post(path: str, body: JsonObject) -> tuple[int, JsonObject]:
        assert path == "/apis/authorization.k8s.io/v1/subjectaccessreviews"
        asked.append(body)
        return 201, {**body, "status": status}

    api.post = post
    return asked


def test_a_question_is_asked_with_all_that_it_has(api: FakeApi, authorizer: ClusterAuthorizer) -> None:
    asked = answer_with(api, allowed=True, reason="RBAC")
    assert authorizer.authorize(QUESTION) == Answer(Ruling.ALLOW, "RBAC")
    assert asked == [
        {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SubjectAccessReview",
            "spec": {
                "user": "jane",
                "uid": "u1",
                "groups": ["devs"],
                "extra": {"scope": ["a", "b"]},
                "resourceAttributes": {
                    "verb": "get",
                    "group": "apps",
                    "version": "*",
                    "resource": "deployments",
                    "namespace": "x",
                    "name": "web",
                },
            },
        }
    ]


def test_a_path_is_no_resource() -> None:
    spec = review_spec(Attributes(user=User("jane"), verb="get", is_resource_request=False, path="/healthz"))
    assert spec == {"user": "jane", "nonResourceAttributes": {"path": "/healthz", "verb": "get"}}


def test_selectors_are_asked_about_as_the_api_has_them() -> None:
    spec = review_spec(
        QUESTION._replace(
            field_selector=parse_field_selector("spec.nodeName=n1,status.phase!=Failed"),
            label_selector=parse_label_selector("a=1,b!=2,c in (x,y),d notin (z),e,!f"),
        )
    )
    about = spec["resourceAttributes"]
    fields = {(r["key"], r["operator"], tuple(r["values"])) for r in about["fieldSelector"]["requirements"]}
    labels = {
        (r["key"], r["operator"], tuple(r.get("values", ()))) for r in about["labelSelector"]["requirements"]
    }
    assert fields == {("spec.nodeName", "In", ("n1",)), ("status.phase", "NotIn", ("Failed",))}
    assert labels == {
        ("a", "In", ("1",)),
        ("b", "NotIn", ("2",)),
        ("c", "In", ("x", "y")),
        ("d", "NotIn", ("z",)),
        ("e", "Exists", ()),
        ("f", "DoesNotExist", ()),
    }


def test_a_requirement_that_the_api_cannot_hold_is_left_out() -> None:
    spec = review_spec(QUESTION._replace(label_selector=parse_label_selector("a>1")))
    assert "labelSelector" not in spec["resourceAttributes"]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        ({"allowed": True}, Answer(Ruling.ALLOW)),
        ({"allowed": False, "denied": True, "reason": "no"}, Answer(Ruling.DENY, "no")),
        ({"allowed": False}, Answer(Ruling.NO_OPINION)),
        ({"allowed": "yes"}, Answer(Ruling.NO_OPINION)),
        ({"allowed": False, "evaluationError": "no role"}, Answer(Ruling.NO_OPINION, "", "no role")),
        (
            {"allowed": True, "denied": True},
            Answer(Ruling.DENY, "", "subject access review returned both allow and deny response"),
        ),
    ],
)
def test_answers_are_read_as_kubernetes_reads_them(status: JsonObject, answer: Answer) -> None:
    assert review_answer({"status": status}) == answer


def test_an_answer_without_a_status_is_an_error() -> None:
    answer = review_answer({})
    assert answer.ruling is Ruling.NO_OPINION
    assert answer.error is not None


def test_a_server_that_fails_makes_an_answer_with_an_error(api: FakeApi, authorizer: ClusterAuthorizer) -> None:
    api.fail(500)
    answer = authorizer.authorize(QUESTION)
    assert answer.ruling is Ruling.NO_OPINION
    assert "was answered 500" in (answer.error or "")


def test_errors_are_not_remembered(api: FakeApi, authorizer: ClusterAuthorizer) -> None:
    asked = answer_with(api, allowed=True)
    api.fail(500)
    authorizer.authorize(QUESTION)
    assert authorizer.authorize(QUESTION) == Answer(Ruling.ALLOW)
    assert len(asked) == 1


def test_answers_with_an_evaluation_error_are_not_remembered(api: FakeApi, authorizer: ClusterAuthorizer) -> None:
    asked = answer_with(api, allowed=True, evaluationError="half of the roles")
    authorizer.authorize(QUESTION)
    authorizer.authorize(QUESTION)
    assert len(asked) == 2


@pytest.mark.parametrize(("allowed", "for_s"), [(True, ALLOWED_FOR_S), (False, NOT_ALLOWED_FOR_S)])
def test_answers_are_remembered_for_a_while(
    api: FakeApi, authorizer: ClusterAuthorizer, clock: Clock, allowed: bool, for_s: float
) -> None:
    asked = answer_with(api, allowed=allowed)
    authorizer.authorize(QUESTION)
    clock.now_s = for_s - 0.1
    authorizer.authorize(QUESTION)
    assert len(asked) == 1
    clock.now_s = for_s
    authorizer.authorize(QUESTION)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "other",
    [
        QUESTION._replace(verb="delete"),
        QUESTION._replace(name=""),
        QUESTION._replace(user=JANE._replace(groups=())),
        QUESTION._replace(user=JANE._replace(uid="u2")),
        QUESTION._replace(user=JANE._replace(extra={})),
        QUESTION._replace(field_selector=parse_field_selector("a=b")),
    ],
)
def test_another_question_is_asked_anew(api: FakeApi, authorizer: ClusterAuthorizer, other: Attributes) -> None:
    asked = answer_with(api, allowed=True)
    authorizer.authorize(QUESTION)
    authorizer.authorize(other)
    assert len(asked) == 2


def test_the_answer_used_longest_ago_is_forgotten_first(
    api: FakeApi, authorizer: ClusterAuthorizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authorizer_module, "MAX_ANSWERS", 2)
    answer_with(api, allowed=True)
    first, second, third = (QUESTION._replace(name=name) for name in "abc")
    for question in (first, second, first, third):
        authorizer.authorize(question)
    assert authorizer.recall(first) is not None
    assert authorizer.recall(second) is None


def test_a_huge_question_is_not_remembered(api: FakeApi, authorizer: ClusterAuthorizer) -> None:
    answer_with(api, allowed=True)
    huge = QUESTION._replace(name="x" * 20_000)
    authorizer.authorize(huge)
    assert authorizer.recall(huge) is None


def test_equal_questions_at_the_same_time_make_one_call(api: FakeApi, authorizer: ClusterAuthorizer) -> None:
    asked = answer_with(api, allowed=True)
    truth, go_on = api.post, threading.Event()

    def slowly(path: str, body: JsonObject) -> tuple[int, JsonObject]:
        assert truth is not None
        answer = truth(path, body)
        go_on.wait(20)
        return answer

    api.post = slowly
    answers: list[Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(authorizer.authorize(QUESTION))) for _ in range(8)]
    for thread in threads:
        thread.start()
    eventually(lambda: len(asked) == 1)
    go_on.set()
    for thread in threads:
        thread.join(20)
    assert answers == [Answer(Ruling.ALLOW)] * 8
    assert len(asked) == 1


def test_without_calls_an_unknown_answer_is_a_signal(authorizer: ClusterAuthorizer, api: FakeApi) -> None:
    with pytest.raises(NeedsCall):
        authorizer.cached(NeedsCall).authorize(QUESTION)
    assert api.requests == []


def test_without_calls_a_remembered_answer_is_given(api: FakeApi, authorizer: ClusterAuthorizer) -> None:
    answer_with(api, allowed=True)
    authorizer.authorize(QUESTION)
    assert authorizer.cached(NeedsCall).authorize(QUESTION) == Answer(Ruling.ALLOW)
