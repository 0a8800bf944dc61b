from __future__ import annotations

from policy_engine.admission.decisions import Action, Decision, Evaluation, Origin
from policy_engine.admission.request import AdmissionRequest, Operation
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.admission.wire import warning_headers, wire_response


def request() -> AdmissionRequest:
    return AdmissionRequest.of(
        Operation.CREATE,
        kind=GroupVersionKind("apps", "v1", "Deployment"),
        resource=GroupVersionResource("apps", "v1", "deployments"),
        name="d",
    )


def denial(message: str, *, binding: str = "b", reason: str = "") -> Decision:
    return Decision(
        policy="p",
        binding=binding,
        param="",
        origin=Origin.VALIDATION,
        place="spec.validations[0].expression",
        index=0,
        action=Action.DENY,
        evaluation=Evaluation.DENY,
        message=message,
        reason=reason,
        actions=("Deny",),
    )


def test_nothing_denied_is_allowed() -> None:
    wire = wire_response(request(), [], [])
    assert (wire.allowed, wire.code, wire.reason, wire.message) == (True, 0, "", "")


def test_only_the_first_denial_is_told() -> None:
    wire = wire_response(request(), [denial("one", reason="Forbidden"), denial("two")], [])
    assert (wire.code, wire.reason) == (403, "Forbidden")
    assert wire.cause == "ValidatingAdmissionPolicy 'p' with binding 'b' denied request: one"
    assert wire.message == f'deployments.apps "d" is forbidden: {wire.cause}'


def test_a_denial_by_the_policy_itself_names_no_binding() -> None:
    wire = wire_response(request(), [denial("failed to configure policy: x", binding="")], [])
    assert wire.cause == "ValidatingAdmissionPolicy 'p' denied request: failed to configure policy: x"
    assert (wire.code, wire.reason) == (422, "Invalid")


def test_warnings_are_told_once_and_in_order() -> None:
    assert warning_headers(["b", "a", "b", ""]) == ["b", "a"]


def test_warnings_with_control_characters_cannot_be_told() -> None:
    assert warning_headers(["a\nb", "c", "d\x7f"]) == ["c"]


def test_up_to_4096_characters_of_warnings_are_told_in_full() -> None:
    texts = ["a" * 2048, "b" * 2048]
    assert warning_headers(texts) == texts


def test_past_4096_characters_every_warning_is_cut_to_256() -> None:
    headers = warning_headers(["a" * 3000, "short", "é" * 2000])
    assert headers == ["a" * 256, "short", "é" * 256]


def test_past_4096_characters_of_cut_warnings_the_others_are_left_out() -> None:
    headers = warning_headers([f"{index:03}" + "a" * 1000 for index in range(40)])
    assert len(headers) == 16
    assert all(len(header) == 256 for header in headers)


def test_a_warning_that_is_printable_once_cut_is_told_after_all() -> None:
    headers = warning_headers(["a" * 300 + "\n", "b" * 4000, "c" * 200])
    assert headers == ["a" * 256, "b" * 256, "c" * 200]
