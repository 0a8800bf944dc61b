from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission import Binding, Context, NamespaceTable, Policy, PolicySet, review
from policy_engine.admission.admission_review import read_review, write_response
from policy_engine.errors import InputError

POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "default"}}
EVERYTHING = {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}


def document(**request: Any) -> dict[str, Any]:
    full = {
        "uid": "u",
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "operation": "CREATE",
        "namespace": "default",
        "name": "p",
        "userInfo": {"username": "alice", "groups": ["dev"], "extra": {"k": ["v"]}},
        "object": POD,
        **request,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": full}


def respond(spec: dict[str, Any], *actions: str, **request: Any) -> dict[str, Any]:
    policy = {"metadata": {"name": "pol"}, "spec": {"matchConstraints": {"resourceRules": [EVERYTHING]}, **spec}}
    binding = {"metadata": {"name": "bind"}, "spec": {"policyName": "pol", "validationActions": list(actions)}}
    policies = PolicySet.compile([Policy.decode(policy)], [Binding.decode(binding)])
    context = Context(namespaces=NamespaceTable.of([{"metadata": {"name": "default"}}]))
    response = write_response(review(policies, read_review(document(**request)), context))
    assert (response["apiVersion"], response["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    found: dict[str, Any] = response["response"]
    assert found["uid"] == "u"
    return found


def test_a_request_is_read_with_all_its_fields() -> None:
    request = read_review(document(subResource="status", dryRun=True, options={"kind": "CreateOptions"}))
    assert request.kind == ("", "v1", "Pod")
    assert request.request_resource == ("", "v1", "pods")
    assert (request.subresource, request.request_subresource) == ("status", "status")
    assert request.dry_run
    assert request.user is not None
    assert (request.user.username, request.user.groups, request.user.extra) == ("alice", ("dev",), {"k": ("v",)})


def test_what_a_server_converted_is_read_as_such() -> None:
    request = read_review(
        document(
            kind={"group": "apps", "version": "v1", "kind": "Deployment"},
            resource={"group": "apps", "version": "v1", "resource": "deployments"},
            requestKind={"group": "apps", "version": "v1beta1", "kind": "Deployment"},
            requestResource={"group": "apps", "version": "v1beta1", "resource": "deployments"},
        )
    )
    assert request.resource.version == "v1"
    assert request.request_resource.version == "v1beta1"


def test_a_policy_sees_what_the_server_converted_without_converting_it_again() -> None:
    rule = EVERYTHING | {"apiGroups": ["autoscaling"], "apiVersions": ["v2"]}
    scaler = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"}}
    response = respond(
        {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "false", "message": "m"}]},
        "Deny",
        kind={"group": "autoscaling", "version": "v2", "kind": "HorizontalPodAutoscaler"},
        resource={"group": "autoscaling", "version": "v2", "resource": "horizontalpodautoscalers"},
        requestKind={"group": "autoscaling", "version": "v1", "kind": "HorizontalPodAutoscaler"},
        requestResource={"group": "autoscaling", "version": "v1", "resource": "horizontalpodautoscalers"},
        object=scaler,
    )
    assert not response["allowed"]


def test_an_allowed_request_gets_nothing_but_that() -> None:
    assert respond({"validations": [{"expression": "true"}]}, "Deny") == {"uid": "u", "allowed": True}


def test_a_denied_request_gets_every_denial() -> None:
    response = respond(
        {
            "validations": [
                {"expression": "false", "message": "a", "reason": "Forbidden"},
                {"expression": "1 == 2"},
            ]
        },
        "Deny",
    )
    who = "ValidatingAdmissionPolicy 'pol' with binding 'bind' denied request"
    assert response == {
        "uid": "u",
        "allowed": False,
        "status": {
            "status": "Failure",
            "code": 403,
            "reason": "Forbidden",
            "message": f"{who}: a; {who}: failed expression: 1 == 2",
        },
    }


def test_warnings_and_annotations_go_along() -> None:
    response = respond(
        {
            "validations": [{"expression": "false", "message": "a"}],
            "auditAnnotations": [{"key": "k", "valueExpression": "'v'"}],
        },
        "Warn",
        "Audit",
    )
    assert response["allowed"]
    assert response["warnings"] == ["Validation failed for ValidatingAdmissionPolicy 'pol' with binding 'bind': a"]
    assert response["auditAnnotations"].keys() == {"validation_failure", "pol.k"}


@pytest.mark.parametrize(
    ("broken", "want"),
    [
        ({}, "expected AdmissionReview (admission.k8s.io/v1), found `None` (`None`)"),
        (
            {"apiVersion": "admission.k8s.io/v1beta1", "kind": "AdmissionReview"},
            "expected AdmissionReview (admission.k8s.io/v1), found `AdmissionReview` (`admission.k8s.io/v1beta1`)",
        ),
        (
            {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"},
            "request: expected an object, found nothing",
        ),
        (document(kind=1), "request.kind: expected an object, found a number"),
        (document(object=[]), "request.object: expected an object, found a list"),
        (document(name={}), "request.name: expected a string, found an object"),
        (
            document(userInfo={"groups": "x"}),
            "request.userInfo.groups: expected a list of strings, found a string",
        ),
        (
            document(operation="PATCH"),
            "request.operation: expected one of CREATE, UPDATE, DELETE, CONNECT, found `PATCH`",
        ),
    ],
)
def test_what_is_no_review_is_refused(broken: dict[str, Any], want: str) -> None:
    with pytest.raises(InputError) as caught:
        read_review(broken)
    assert caught.value.message == want
