"""What the messages alone do not show: places, suggestions, versions of Kubernetes."""

from __future__ import annotations

from typing import Any

import pytest

from policy_engine.admission.validation import ErrorKind, render_path, validate_binding, validate_policy


def policy(**spec: Any) -> dict[str, Any]:
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["*"]}
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "limits.example.com"},
        "spec": {
            "matchConstraints": {"resourceRules": [rule]},
            "validations": [{"expression": "object.spec.replicas <= 5"}],
            **spec,
        },
    }


def test_an_error_tells_the_path_of_its_field() -> None:
    errors = validate_policy(policy(validations=[{"expression": "true"}, {"expression": "1"}]), version="1.36")
    assert [error.path for error in errors] == [("spec", "validations", 1, "expression")]


def test_a_path_may_name_a_field_that_is_missing() -> None:
    errors = validate_policy(policy(matchConstraints={}), version="1.36")
    assert [error.path for error in errors] == [("spec", "matchConstraints", "resourceRules")]
    assert errors[0].kind is ErrorKind.REQUIRED


def test_a_compile_error_keeps_its_places_inside_the_expression() -> None:
    (error,) = validate_policy(policy(validations=[{"expression": "true && nope"}]), version="1.36")
    assert error.cause is not None
    assert [issue.position(error.cause.source) for issue in error.cause.issues] == [(1, 9)]


@pytest.mark.parametrize(
    ("field", "meant"), [("validation", "validations"), ("ParamKind", "paramKind"), ("zzz", "")]
)
def test_an_unknown_field_suggests_the_one_that_was_meant(field: str, meant: str) -> None:
    (error,) = validate_policy(policy(**{field: []}), version="1.36")
    assert error.kind is ErrorKind.UNKNOWN_FIELD
    assert error.path == ("spec", field)
    assert error.suggestion == meant


def test_every_value_of_a_wrong_type_is_told_and_nothing_else() -> None:
    errors = validate_policy(policy(failurePolicy=1, validations=[{"expression": True}, {}]), version="1.36")
    assert [error.kind for error in errors] == [ErrorKind.TYPE_INVALID] * 2
    assert {render_path(error.path) for error in errors} == {
        "spec.failurePolicy",
        "spec.validations[0].expression",
    }


@pytest.mark.parametrize(
    ("api_version", "kubernetes"),
    [("v1alpha1", "1.36"), ("v1", "1.29"), ("v1beta1", "1.27")],
)
def test_an_api_version_that_is_not_served_is_refused(api_version: str, kubernetes: str) -> None:
    document = policy() | {"apiVersion": f"admissionregistration.k8s.io/{api_version}"}
    (error,) = validate_policy(document, version=kubernetes)
    assert error.kind is ErrorKind.UNKNOWN_KIND
    assert error.message == (
        f'no matches for kind "ValidatingAdmissionPolicy" in version "admissionregistration.k8s.io/{api_version}"'
    )


def test_a_binding_of_another_group_is_refused() -> None:
    (error,) = validate_binding({"apiVersion": "v1", "kind": "Binding"}, version="1.36")
    assert error.path == ("apiVersion",)


def test_a_new_policy_may_use_only_what_the_release_before_had() -> None:
    # ip() came with 1.30: a server of that version has it, but could not be rolled back with this policy.
    validations = [{"expression": "ip('10.0.0.1').family() == 4"}]
    (error,) = validate_policy(policy(validations=validations), version="1.30")
    assert "undeclared reference to 'ip'" in error.message
    assert validate_policy(policy(validations=validations), version="1.31") == []


def test_names_with_control_characters_are_shown_as_go_shows_them() -> None:
    document = policy()
    document["metadata"]["name"] = 'a"\n\x7f\u200b'
    errors = validate_policy(document, version="1.36")
    assert errors[0].message.startswith(r'metadata.name: Invalid value: "a\"\n\x7f\u200b": ')


def test_a_half_surrogate_pair_does_no_harm() -> None:
    document = policy()
    document["metadata"]["name"] = "\ud800"
    assert validate_policy(document, version="1.36")
