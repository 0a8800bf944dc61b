"""What review makes of surroundings that lack something, of budgets and of several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from policy_engine.admission import (
    AdmissionRequest,
    Binding,
    Context,
    Evaluation,
    NamespaceTable,
    Origin,
    ParamTable,
    Policy,
    PolicySet,
    UserInfo,
    Verdict,
    request_from_manifest,
    review,
)
from policy_engine.cel.libraries.authz import AllowAll

EVERYTHING = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*", "*/*"]}
POD: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "default"},
    "spec": {"containers": [{"name": "c", "image": "nginx:1.0"}]},
}
DEFAULT = NamespaceTable.of([{"metadata": {"name": "default", "labels": {"env": "prod"}}}])
ALICE = UserInfo(username="alice")


def policy(name: str = "pol", **spec: Any) -> Policy:
    full = {"matchConstraints": {"resourceRules": [EVERYTHING]}, **spec}
    return Policy.decode({"metadata": {"name": name}, "spec": full})


def binding(name: str = "bind", **spec: Any) -> Binding:
    full = {"policyName": "pol", "validationActions": ["Deny"], **spec}
    return Binding.decode({"metadata": {"name": name}, "spec": full})


def validating(*expressions: str) -> list[dict[str, str]]:
    return [{"expression": expression} for expression in expressions]


def judge(
    *policies: Policy,
    bindings: list[Binding] | None = None,
    request: AdmissionRequest | None = None,
    context: Context | None = None,
) -> Verdict:
    compiled = PolicySet.compile(policies, [binding()] if bindings is None else bindings)
    return review(compiled, request or request_from_manifest(POD), context or Context(namespaces=DEFAULT))


def only(verdict: Verdict) -> tuple[Evaluation, str, str]:
    (finding,) = verdict.findings
    return finding.evaluation, finding.place, finding.message


def test_a_validation_that_needs_the_user_is_skipped_where_nobody_knows_who_asks() -> None:
    verdict = judge(policy(validations=validating("request.userInfo.username == 'x'", "object.kind == 'Pod'")))
    assert only(verdict) == (
        Evaluation.SKIP,
        "spec.validations[0].expression",
        "needs who asks, which is not known here",
    )
    assert not verdict.denied
    assert [decision.evaluation for decision in verdict.decisions] == [Evaluation.SKIP, Evaluation.ADMIT]


def test_a_need_is_seen_through_variables() -> None:
    variables = [
        {"name": "who", "expression": "request.userInfo.username"},
        {"name": "known", "expression": "variables.who != ''"},
    ]
    verdict = judge(policy(variables=variables, validations=validating("variables.known", "true")))
    assert only(verdict)[0] is Evaluation.SKIP


def test_reading_other_fields_of_the_request_needs_no_user() -> None:
    verdict = judge(policy(validations=validating("request.operation == 'CREATE'")))
    assert not verdict.findings


def test_a_request_used_as_a_whole_may_tell_the_user() -> None:
    verdict = judge(policy(validations=validating("dyn(request) != null")))
    assert only(verdict)[0] is Evaluation.SKIP


def test_a_validation_that_needs_an_authorizer_is_skipped_where_there_is_none() -> None:
    request = request_from_manifest(POD, user=ALICE)
    question = "authorizer.requestResource.check('get').allowed()"
    verdict = judge(policy(validations=validating(question)), request=request)
    assert only(verdict)[2] == "needs an authorizer, which is not known here"
    context = Context(namespaces=DEFAULT, authorizer=AllowAll())
    assert not judge(policy(validations=validating(question)), request=request, context=context).findings


def test_a_validation_that_needs_the_namespace_is_skipped_where_it_is_unknown() -> None:
    reading = policy(validations=validating("namespaceObject.metadata.name == 'x'", "object.kind == 'Pod'"))
    assert only(judge(reading, context=Context()))[0] is Evaluation.SKIP
    incomplete = Context(namespaces=NamespaceTable.of([], complete=False))
    assert only(judge(reading, context=incomplete))[2] == "needs the request's namespace, which is not known here"


def test_a_policy_that_selects_namespaces_is_skipped_where_the_namespace_is_unknown() -> None:
    constraints = {"resourceRules": [EVERYTHING], "namespaceSelector": {"matchLabels": {"env": "prod"}}}
    selecting = policy(matchConstraints=constraints, validations=validating("false"))
    evaluation, place, _ = only(judge(selecting, context=Context()))
    assert (evaluation, place) == (Evaluation.SKIP, "spec.matchConstraints.namespaceSelector")


def test_params_that_nobody_knows_skip_the_binding() -> None:
    with_params = policy(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}, validations=validating("false"))
    bound = binding(paramRef={"name": "x", "parameterNotFoundAction": "Deny"})
    (finding,) = judge(with_params, bindings=[bound]).findings
    assert (finding.evaluation, finding.origin) == (Evaluation.SKIP, Origin.BINDING_CONFIGURATION)
    assert finding.message == "no params are known here"


def test_params_of_a_kind_that_nobody_knows_skip_the_binding() -> None:
    with_params = policy(paramKind={"apiVersion": "x.io/v1", "kind": "Limit"}, validations=validating("false"))
    bound = binding(paramRef={"name": "x", "parameterNotFoundAction": "Deny"})
    context = Context(namespaces=DEFAULT, params=ParamTable.of([]))
    (finding,) = judge(with_params, bindings=[bound], context=context).findings
    assert finding.message == "no object of kind `Limit` (x.io/v1) is known here"


def test_a_kind_of_params_that_the_server_does_not_have_is_a_fault_of_the_policy() -> None:
    class NoKinds(ParamTable):
        def is_namespaced(self, kind: object) -> None:
            return None

    with_params = policy(paramKind={"apiVersion": "x.io/v1", "kind": "Limit"}, validations=validating("true"))
    verdict = judge(with_params, context=Context(namespaces=DEFAULT, params=NoKinds({})))
    assert verdict.wire.cause == (
        "ValidatingAdmissionPolicy 'pol' denied request: failed to configure policy: "
        "failed to find resource referenced by paramKind: 'x.io/v1, Kind=Limit'"
    )


def test_match_conditions_that_need_what_is_lacking_skip_the_policy_unless_another_is_false() -> None:
    asks = {"name": "asks", "expression": "request.userInfo.username == 'x'"}
    no = {"name": "no", "expression": "object.kind == 'Service'"}
    verdict = judge(policy(matchConditions=[asks], validations=validating("false")))
    assert only(verdict)[:2] == (Evaluation.SKIP, "spec.matchConditions[0].expression")
    assert not judge(policy(matchConditions=[asks, no], validations=validating("false"))).findings


def test_match_conditions_never_see_the_namespace_so_nothing_is_lacking_without_it() -> None:
    no_namespace = {"name": "a", "expression": "namespaceObject == null"}
    verdict = judge(policy(matchConditions=[no_namespace], validations=validating("false")), context=Context())
    assert verdict.denied


def test_an_audit_annotation_that_needs_what_is_lacking_is_skipped() -> None:
    annotated = policy(
        validations=validating("true"),
        auditAnnotations=[{"key": "k", "valueExpression": "request.userInfo.username"}],
    )
    assert only(judge(annotated))[:2] == (Evaluation.SKIP, "spec.auditAnnotations[0].valueExpression")


def test_an_old_version_of_a_policy_that_only_a_server_could_apply_is_skipped() -> None:
    rule = EVERYTHING | {"apiGroups": ["autoscaling"], "apiVersions": ["v2"]}
    scaling = policy(matchConstraints={"resourceRules": [rule]}, validations=validating("false"))
    manifest = {"apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}}
    assert only(judge(scaling, request=request_from_manifest(manifest))) == (
        Evaluation.SKIP,
        "spec.matchConstraints",
        "only a server can convert autoscaling/v1 to autoscaling/v2",
    )


def test_every_binding_and_param_gives_its_rows_though_all_is_well() -> None:
    verdict = judge(
        policy(validations=validating("true", "object.kind == 'Pod'")), bindings=[binding("one"), binding("two")]
    )
    rows = [(d.binding, d.index, d.evaluation) for d in verdict.decisions]
    assert rows == [(name, index, Evaluation.ADMIT) for name in ("one", "two") for index in (0, 1)]
    assert not verdict.findings
    assert verdict.matched


def test_a_param_is_named_with_its_namespace() -> None:
    with_params = policy(paramKind={"apiVersion": "v1", "kind": "ConfigMap"}, validations=validating("false"))
    bound = binding(paramRef={"name": "x", "parameterNotFoundAction": "Deny"})
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "default"}}
    context = Context(namespaces=DEFAULT, params=ParamTable.of([config]))
    (finding,) = judge(with_params, bindings=[bound], context=context).findings
    assert finding.param == "default/x"


def test_policies_without_a_binding_can_be_bound_to_everything() -> None:
    policies = PolicySet.compile([policy(validations=validating("false"))], [])
    request, context = request_from_manifest(POD), Context(namespaces=DEFAULT)
    assert not review(policies, request, context).matched
    verdict = review(policies.bind_unbound(), request, context)
    assert verdict.denied
    assert verdict.denials[0].binding == "bound-by-default"


def test_policies_that_have_a_binding_are_not_bound_again() -> None:
    policies = PolicySet.compile([policy(validations=validating("false"))], [binding()])
    assert policies.bind_unbound() is policies


def test_bindings_of_policies_that_are_not_there_are_told_apart() -> None:
    used, idle = binding(), binding("idle", policyName="misspelt")
    assert PolicySet.compile([policy(validations=validating("true"))], [used, idle]).idle_bindings() == (idle,)


def test_every_error_of_every_policy_is_collected_and_the_policies_are_in_force() -> None:
    broken = policy(
        "pol",
        matchConditions=[{"name": "a", "expression": "true"}],
        variables=[{"name": "v", "expression": "nope"}],
        validations=[{"expression": "1", "messageExpression": "2"}, {"expression": "true"}],
        auditAnnotations=[{"key": "k", "valueExpression": "3"}],
    )
    policies = PolicySet.compile([broken, policy("other", validations=validating("("))], [binding()])
    assert [(problem.policy, problem.place) for problem in policies.errors] == [
        ("pol", "spec.variables[0].expression"),
        ("pol", "spec.validations[0].expression"),
        ("pol", "spec.validations[0].messageExpression"),
        ("pol", "spec.auditAnnotations[0].valueExpression"),
        ("other", "spec.validations[0].expression"),
    ]
    assert review(policies, request_from_manifest(POD), Context(namespaces=DEFAULT)).denied


def test_functions_are_those_of_the_kubernetes_version() -> None:
    semantic = policy(validations=validating("isSemver('1.0.0')"))
    assert PolicySet.compile([semantic], [], version="1.30").errors
    assert not PolicySet.compile([semantic], [], version="1.36").errors


def test_a_deadline_that_has_passed_is_an_error_of_the_expression() -> None:
    lengthy = policy(validations=validating("object.spec.l.all(a, object.spec.l.all(b, a + b >= 0))"))
    manifest = {**POD, "spec": {"l": list(range(300))}}
    context = Context(namespaces=DEFAULT, clock=lambda: 1.0, deadline=0.5)
    evaluation, _, message = only(judge(lengthy, request=request_from_manifest(manifest), context=context))
    assert evaluation is Evaluation.ERROR
    assert message.endswith("resulted in error: operation interrupted: deadline exceeded")


def over_the_budget() -> tuple[str, dict[str, Any]]:
    """Give an expression that costs twice the budget of a binding and next to no time, and its Pod."""
    pattern = "[" + "a" * 4000 + "]*"
    metadata = {"name": "p", "namespace": "default", "annotations": {"long": "a" * 200_000}}
    return f"object.metadata.annotations.long.matches('{pattern}')", {**POD, "metadata": metadata}


def test_out_of_budget_in_messages_every_result_becomes_that_error() -> None:
    expression, pod = over_the_budget()
    validations = [
        {"expression": "true", "messageExpression": f"{expression} ? 'a' : 'b'"},
        {"expression": "false", "message": "m"},
        {"expression": "object.nope == 1"},
    ]
    verdict = judge(policy(validations=validations), request=request_from_manifest(pod))
    told = (
        "failed messageExpression: validation failed due to running out of cost budget, "
        "no further validation rules will be run"
    )
    assert [finding.message for finding in verdict.findings] == [
        told,
        told,
        "expression 'object.nope == 1' resulted in error: no such key: nope",
    ]


def test_many_messages_are_evaluated_though_all_validations_hold_because_they_spend_the_budget() -> None:
    expression, pod = over_the_budget()
    validations = [{"expression": "true", "messageExpression": "'cheap'"} for _ in range(9)]
    validations.append({"expression": "true", "messageExpression": f"{expression} ? 'a' : 'b'"})
    verdict = judge(policy(validations=validations), request=request_from_manifest(pod))
    assert len(verdict.denials) == 10


def test_out_of_budget_in_audit_annotations_one_error_takes_the_place_of_all_results() -> None:
    expression, pod = over_the_budget()
    annotated = policy(
        validations=[{"expression": "false", "message": "m"}],
        auditAnnotations=[{"key": "k", "valueExpression": f"string({expression})"}],
    )
    verdict = judge(annotated, request=request_from_manifest(pod))
    assert [finding.message for finding in verdict.findings] == [
        "validation failed due to running out of cost budget, no further validation rules will be run"
    ]
    assert not verdict.audit_annotations


def test_audit_values_are_cut_at_ten_kibibytes() -> None:
    metadata = {"name": "p", "namespace": "default", "annotations": {"long": "é" * 6000}}
    annotated = policy(
        validations=validating("true"),
        auditAnnotations=[{"key": "k", "valueExpression": "string(object.metadata.annotations.long)"}],
    )
    verdict = judge(annotated, request=request_from_manifest({**POD, "metadata": metadata}))
    assert verdict.audit_annotations == {"pol/k": "é" * 5120}


def test_at_most_fifty_failures_are_audited() -> None:
    failing = policy(validations=validating(*["false"] * 60))
    verdict = judge(failing, bindings=[binding(validationActions=["Audit"])])
    (value,) = verdict.audit_annotations.values()
    assert value.count('"expressionIndex"') == 50


def test_integers_beyond_64_bits_and_lone_surrogates_do_no_harm() -> None:
    reading = policy(validations=validating("object.metadata.name.startsWith('p')"))
    manifest = {**POD, "spec": {"n": 1 << 80, "s": "\ud800"}}
    assert not judge(reading, request=request_from_manifest(manifest)).findings


def test_many_threads_share_one_policy_set_and_each_gets_its_own_answer() -> None:
    variables = [{"name": "n", "expression": "object.metadata.name"}]
    naming = {"expression": "variables.n == 'x'", "messageExpression": "'not ' + variables.n"}
    policies = PolicySet.compile([policy(variables=variables, validations=[naming])], [binding()])
    context = Context(namespaces=DEFAULT)

    def told(name: str) -> str:
        manifest = {**POD, "metadata": {"name": name, "namespace": "default"}}
        return review(policies, request_from_manifest(manifest), context).denials[0].message

    names = [f"pod-{index}" for index in range(400)]
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(told, names)) == [f"not {name}" for name in names]


@pytest.mark.parametrize(
    "expression",
    [
        "object.metadata.name.startsWith('p') || object.spec.x == 1",
        "object.spec.containers.all(c, c.image.contains('nginx'))",
        "variables.images == ['nginx:1.0']",
    ],
)
def test_the_fast_way_and_the_exact_way_agree(expression: str) -> None:
    variables = [{"name": "images", "expression": "object.spec.containers.map(c, c.image)"}]
    judged = policy(
        variables=variables,
        validations=validating(expression, f"!({expression})", "object.metadata.name.startsWith('q')"),
    )
    claims_to_be_so_large_that_no_bound_holds = request_from_manifest(POD, size_bytes=1 << 40)
    fast = judge(judged)
    exact = judge(judged, request=claims_to_be_so_large_that_no_bound_holds)
    assert list(fast.decisions) == list(exact.decisions)
    assert len(fast.findings) == 2
