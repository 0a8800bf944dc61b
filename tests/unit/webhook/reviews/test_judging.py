"""Reviews judged in a server: faults, unknowns and deadlines end as failurePolicy says, each policy for itself."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from policy_engine.admission.admission_review import read_review
from policy_engine.admission.context import NamespaceTable
from policy_engine.admission.verdict import Verdict
from tests.unit.webhook.asgi import Gate
from tests.unit.webhook.documents import ANYTHING, binding, namespace, policy, review, write
from webhook.policies.ruleset import Ruleset, Share
from webhook.reviews.judging import INTERNAL_ERROR, TIMED_OUT
from webhook.reviews.surroundings import Deferred, FileSurroundings, View

NEEDS_NAMESPACE = "namespaceObject.metadata.name != ''"
NUMBERS = f"[{', '.join(map(str, range(100)))}]"
TAKES_LONG = f"{NUMBERS}.all(a, {NUMBERS}.all(b, a * b < 10000 * size(request.name)))"
TAKES_A_PARAM = {"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}}
SELECTS_NAMESPACE = {
    "matchConstraints": {
        "resourceRules": [ANYTHING],
        "namespaceSelector": {"matchLabels": {"stage": "production"}},
    }
}
FAULT = "an internal error of polgate kept it from being evaluated"


class Broken:
    """Namespaces and params of somebody who cannot give any."""

    def find(self, name: str) -> Any:
        raise RuntimeError("the cache is broken")

    def is_namespaced(self, kind: Any) -> Any:
        raise RuntimeError("the cache is broken")

    def get(self, kind: Any, namespace: str, name: str) -> Any:
        raise RuntimeError("the cache is broken")

    def list(self, kind: Any, namespace: str) -> Any:
        raise RuntimeError("the cache is broken")


class Around:
    """Surroundings of which a test says what they do."""

    def __init__(self, quick: Callable[[], View], patient: Callable[[], View] | None = None) -> None:
        self._quick = quick
        self._patient = patient or quick

    def quick(self, ruleset: Ruleset) -> View:
        return self._quick()

    def patient(self, ruleset: Ruleset, deadline: float) -> View:
        return self._patient()


BROKEN = Around(lambda: View(Broken(), Broken(), None))
BROKEN_PARAMS = Around(lambda: View(NamespaceTable.of([namespace("shop")]), Broken(), None))


def with_param(name: str, **spec: Any) -> list[dict[str, Any]]:
    """Give a policy with a binding that hands it a param."""
    ref = {"name": "p", "parameterNotFoundAction": "Deny"}
    return [policy(name, "true", **TAKES_A_PARAM, **spec), binding(name, paramRef=ref)]


def deferred() -> View:
    raise Deferred


def failing() -> View:
    raise RuntimeError("nothing is there")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Gate]]:
    gates: list[Gate] = []

    def make(*documents: dict[str, Any], **options: Any) -> Gate:
        gates.append(Gate(write(tmp_path / f"{len(gates)}" / "policies.yaml", documents), **options))
        return gates[-1]

    yield make
    for gate in gates:
        gate.__exit__(None, None, None)


def message(response: dict[str, Any]) -> str:
    text: str = response["status"]["message"]
    return text


def faults(gate: Gate, policy: str) -> float | None:
    return gate.registry.get_sample_value("polgate_internal_errors_total", {"policy": policy})


def judge(gate: Gate, *, deadline: float, share: Share = Share.ALL) -> Verdict:
    return asyncio.run(gate.reviewer.review(read_review(review()), share, deadline=deadline))


# Faults of ours.


def test_a_fault_of_ours_is_an_error_of_that_policy_alone(make: Callable[..., Gate]) -> None:
    gate = make(
        *with_param("first"), policy("second", "false"), policy("third", "true"), surroundings=BROKEN_PARAMS
    )
    assert message(gate.post(review()).response) == (
        f"ValidatingAdmissionPolicy 'first' with binding 'first-everywhere' denied request: {FAULT}; "
        "ValidatingAdmissionPolicy 'second' with binding 'bound-by-default' denied request: second says no"
    )


def test_a_fault_of_ours_is_counted_for_its_policy_and_logged(
    make: Callable[..., Gate], caplog: pytest.LogCaptureFixture
) -> None:
    gate = make(*with_param("first"), policy("second", "false"), surroundings=BROKEN_PARAMS)
    with caplog.at_level(logging.ERROR, "polgate"):
        gate.post(review("the-uid"))
    assert (faults(gate, "first"), faults(gate, "second")) == (1, None)
    (record,) = caplog.records
    assert (record.levelname, record.__dict__["policy"], record.__dict__["uid"]) == ("ERROR", "first", "the-uid")
    assert "the cache is broken" in caplog.text


def test_a_fault_of_ours_is_ignored_where_the_policy_ignores_errors(make: Callable[..., Gate]) -> None:
    gate = make(*with_param("lenient", failurePolicy="Ignore"), surroundings=BROKEN_PARAMS)
    assert gate.post(review()).response == {"uid": "u-1", "allowed": True}
    assert faults(gate, "lenient") == 1


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param({"validations": [{"expression": NEEDS_NAMESPACE}]}, id="an expression"),
        pytest.param({"validations": [{"expression": "true"}], **SELECTS_NAMESPACE}, id="a namespace selector"),
        pytest.param(
            {"validations": [{"expression": "true"}], "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}},
            id="params",
        ),
    ],
)
@pytest.mark.parametrize("failure_policy", ["Fail", "Ignore"])
def test_wherever_the_fault_is_the_policys_own_failure_policy_counts(
    make: Callable[..., Gate], spec: dict[str, Any], failure_policy: str
) -> None:
    bound = binding("some", "Deny", paramRef={"name": "p", "parameterNotFoundAction": "Deny"})
    if "paramKind" not in spec:
        del bound["spec"]["paramRef"]
    gate = make(policy("some", failurePolicy=failure_policy, **spec), bound, surroundings=BROKEN)
    assert gate.post(review()).response["allowed"] is (failure_policy == "Ignore")


@pytest.mark.parametrize("around", [Around(failing), Around(deferred, failing)], ids=["at once", "in a thread"])
def test_a_fault_outside_of_policies_is_an_error_of_all_that_concern_the_request(
    make: Callable[..., Gate], around: Around
) -> None:
    elsewhere = {"resourceRules": [{**ANYTHING, "resources": ["pods"]}]}
    gate = make(
        policy("strict", "true"),
        policy("lenient", "true", failurePolicy="Ignore"),
        policy("elsewhere", "true", matchConstraints=elsewhere),
        surroundings=around,
    )
    assert message(gate.post(review()).response) == (
        f"ValidatingAdmissionPolicy 'strict' with binding 'bound-by-default' denied request: {INTERNAL_ERROR}"
    )
    assert gate.post(review(), "/validate/ignore").response["allowed"] is True
    assert faults(gate, "") == 2


# What nobody knows.


def test_a_policy_that_needs_an_unknown_namespace_follows_its_failure_policy(make: Callable[..., Gate]) -> None:
    gate = make(
        policy("strict", NEEDS_NAMESPACE),
        policy("lenient", NEEDS_NAMESPACE, failurePolicy="Ignore"),
        policy("other", "true"),
    )
    assert message(gate.post(review()).response) == (
        "ValidatingAdmissionPolicy 'strict' with binding 'bound-by-default' denied request: "
        "needs the request's namespace, which is not known here"
    )


def test_a_namespace_beside_the_policies_is_known(make: Callable[..., Gate]) -> None:
    gate = make(policy("strict", NEEDS_NAMESPACE), namespace("shop"))
    assert gate.post(review()).response["allowed"] is True


def test_a_selector_of_an_unknown_namespace_follows_the_failure_policy(make: Callable[..., Gate]) -> None:
    strict = make(policy("strict", "true", **SELECTS_NAMESPACE))
    assert message(strict.post(review()).response) == (
        "ValidatingAdmissionPolicy 'strict' denied request: namespace `shop` is not known here"
    )
    lenient = make(policy("lenient", "true", failurePolicy="Ignore", **SELECTS_NAMESPACE))
    assert lenient.post(review()).response["allowed"] is True


def test_a_policy_that_needs_an_authorizer_follows_its_failure_policy(make: Callable[..., Gate]) -> None:
    asks = "authorizer.group('').resource('pods').check('get').allowed()"
    gate = make(policy("strict", asks), policy("lenient", asks, failurePolicy="Ignore"))
    assert message(gate.post(review()).response) == (
        "ValidatingAdmissionPolicy 'strict' with binding 'bound-by-default' denied request: "
        "needs an authorizer, which is not known here"
    )


# Time.


def test_after_the_deadline_policies_follow_their_failure_policy(make: Callable[..., Gate]) -> None:
    gate = make(
        policy("strict", "true"),
        policy("lenient", "true", failurePolicy="Ignore"),
        surroundings=Around(deferred),
        clock=lambda: 100.0,
    )
    verdict = judge(gate, deadline=1.0)
    assert [(denial.policy, denial.message) for denial in verdict.denials] == [("strict", TIMED_OUT)]


def test_an_evaluation_that_passes_the_deadline_is_an_error_of_its_policy(make: Callable[..., Gate]) -> None:
    passed = iter([0.0] * 3 + [200.0] * 1_000_000)  # time stands still, and then it is over
    gate = make(
        policy("strict", TAKES_LONG),
        policy("lenient", TAKES_LONG, failurePolicy="Ignore"),
        clock=lambda: next(passed),
    )
    verdict = judge(gate, deadline=100.0)
    assert {denial.policy for denial in verdict.denials} == {"strict"}


def test_a_review_that_waits_holds_up_no_other(make: Callable[..., Gate]) -> None:
    go_on = threading.Event()

    def wait() -> View:
        assert go_on.wait(60)
        return View(None, None, None)

    waits = iter([True, False])
    gate = make(
        policy("some", "false"),
        surroundings=Around(lambda: deferred() if next(waits) else View(None, None, None), wait),
    )

    async def both() -> tuple[str, str]:
        slow = asyncio.ensure_future(gate.call("POST", "/validate", body=review("slow")))
        await asyncio.sleep(0)
        quick = await gate.call("POST", "/validate", body=review("quick"))
        assert not slow.done()
        go_on.set()
        return quick.response["uid"], (await slow).response["uid"]

    assert asyncio.run(both()) == ("quick", "slow")


def test_what_takes_long_is_judged_in_a_thread_to_the_same_end(make: Callable[..., Gate]) -> None:
    threads: list[str] = []

    class Noting(FileSurroundings):
        def patient(self, ruleset: Ruleset, deadline: float) -> View:
            threads.append(threading.current_thread().name)
            return super().patient(ruleset, deadline)

    seconds = itertools.count()
    gate = make(policy("slow", f"!({TAKES_LONG})"), surroundings=Noting(), clock=lambda: next(seconds) / 1000)
    assert message(gate.post(review()).response).endswith("slow says no")
    assert [name.partition("_")[0] for name in threads] == ["review"]


def test_a_review_that_nobody_decides_in_time_is_answered_all_the_same(
    make: Callable[..., Gate], caplog: pytest.LogCaptureFixture
) -> None:
    go_on = threading.Event()

    def wait() -> View:
        assert go_on.wait(60)
        return View(None, None, None)

    gate = make(policy("strict", "true"), surroundings=Around(deferred, wait))
    try:
        response = gate.post(review(), "/validate?timeout=10ms").response
    finally:
        go_on.set()
    assert message(response).endswith(TIMED_OUT)
    assert [record.message for record in caplog.records] == ["a review was not decided in time"]


# Halves.


def test_each_half_asks_its_policies_only(make: Callable[..., Gate]) -> None:
    gate = make(policy("strict", "false"), policy("lenient", "false", failurePolicy="Ignore"))
    said = {
        path: message(gate.post(review(), path).response)
        for path in ("/validate", "/validate/fail", "/validate/ignore")
    }
    assert ("strict" in said["/validate/fail"], "lenient" in said["/validate/fail"]) == (True, False)
    assert ("strict" in said["/validate/ignore"], "lenient" in said["/validate/ignore"]) == (False, True)
    assert said["/validate"] == f"{said['/validate/fail']}; {said['/validate/ignore']}"


# Bindings that only warn or note.


@pytest.mark.parametrize("actions", [["Audit"], ["Warn"], ["Warn", "Audit"]])
@pytest.mark.parametrize(
    ("expression", "around"),
    [
        pytest.param("false", FileSurroundings(), id="a denial"),
        pytest.param("object.data.nope == ''", FileSurroundings(), id="an error"),
        pytest.param(NEEDS_NAMESPACE, FileSurroundings(), id="an unknown namespace"),
        pytest.param(NEEDS_NAMESPACE, BROKEN, id="a fault of ours"),
        pytest.param("true", Around(failing), id="a fault outside"),
        pytest.param("true", Around(deferred, failing), id="a fault in a thread"),
    ],
)
def test_a_binding_without_deny_denies_nothing_whatever_goes_wrong_in_validations(
    make: Callable[..., Gate], actions: list[str], expression: str, around: Any
) -> None:
    gate = make(policy("some", expression), binding("some", *actions), surroundings=around)
    response = gate.post(review()).response
    assert response["allowed"] is True
    assert ("warnings" in response, "auditAnnotations" in response) == ("Warn" in actions, "Audit" in actions)


def test_a_binding_without_deny_denies_nothing_when_time_is_up(make: Callable[..., Gate]) -> None:
    gate = make(
        policy("some", "true"), binding("some", "Audit"), surroundings=Around(deferred), clock=lambda: 100.0
    )
    verdict = judge(gate, deadline=1.0)
    assert not verdict.denied
    assert TIMED_OUT in verdict.audit_annotations["validation.policy.admission.k8s.io/validation_failure"]


def test_an_audit_annotation_in_error_denies_even_so_as_in_kubernetes(make: Callable[..., Gate]) -> None:
    # validating/dispatcher.go, AuditAnnotationActionError: with failurePolicy Fail it is among the denials.
    gate = make(
        policy("some", auditAnnotations=[{"key": "k", "valueExpression": "string(object.data.nope)"}]),
        binding("some", "Audit"),
    )
    assert gate.post(review()).response["allowed"] is False


# What comes back.


def test_denials_come_in_the_order_of_policies_bindings_and_validations(make: Callable[..., Gate]) -> None:
    gate = make(
        policy("b", "false", "1 == 2"),
        policy("a", "false"),
        binding("a", "Deny", name="a-2"),
        binding("a", "Deny", name="a-1"),
        binding("b", "Deny", name="b-1"),
    )
    said = [part.split("'")[1::2] for part in message(gate.post(review()).response).split("; ")]
    assert said == [["b", "b-1"], ["a", "a-2"], ["a", "a-1"]]  # the two validations of `b` say the same, once


def test_long_warnings_are_cut_as_kubernetes_cuts_them(make: Callable[..., Gate]) -> None:
    names = [f"p{number}" for number in range(20)]
    gate = make(
        *(
            policy(
                name,
                validations=[{"expression": "false", "messageExpression": "'x'.replace('x', '%s')" % ("y" * 900)}],
            )
            for name in names
        ),
        *(binding(name, "Warn") for name in names),
    )
    response = gate.post(review()).response
    assert response["allowed"] is True
    assert {len(warning) for warning in response["warnings"]} == {256}
    assert sum(map(len, response["warnings"])) <= 4096 + 256
    assert response["warnings"][0].startswith(
        "Validation failed for ValidatingAdmissionPolicy 'p0' with binding 'p0-everywhere': yyy"
    )


def test_keys_of_audit_annotations_hold_no_slash(make: Callable[..., Gate]) -> None:
    # The API server puts `<webhook>/` before each (webhook/validating/dispatcher.go, AddAuditAnnotation).
    gate = make(
        policy("some.policy", "false", auditAnnotations=[{"key": "who", "valueExpression": "request.name"}]),
        binding("some.policy", "Audit"),
    )
    annotations = gate.post(review()).response["auditAnnotations"]
    assert sorted(annotations) == ["some.policy.who", "validation_failure"]
    assert annotations["some.policy.who"] == "settings"
    assert '"policy":"some.policy"' in annotations["validation_failure"]
