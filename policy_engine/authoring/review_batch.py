"""One self-contained case in, one answer out: how any other engine can be laid beside this one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policy_engine.admission.context import Context, NamespaceTable, ParamTable
from policy_engine.admission.decisions import Decision, Evaluation, Origin
from policy_engine.admission.json_values import JsonObject, JsonValue, describe
from policy_engine.admission.judging import review
from policy_engine.admission.model import Binding, Policy
from policy_engine.admission.policy_set import PolicySet
from policy_engine.admission.reading import read_operation, read_user
from policy_engine.admission.request import AdmissionRequest, UserInfo
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.admission.verdict import Verdict
from policy_engine.cel.environment import NEWEST
from policy_engine.cel.libraries.authz import AllowAll, AuthorizerBackend, RuleTable
from policy_engine.errors import InputError

# The decisions that kube-apiserver makes for each validation; the others only show in its answer.
_TOLD = frozenset({Origin.VALIDATION, Origin.MATCH_CONDITION})


def review_case(case: Mapping[str, JsonValue], *, version: str = str(NEWEST)) -> JsonObject:
    """Judge a case: `policy` or `policies`, `bindings`, `params`, `paramScope`, `namespaces`, `authz`, `request`.

    The authorizer allows everything unless the case has `authz`. The answer is worded as kube-apiserver words it
    on the wire. Raises: InputError, PolicyError where the case is not well formed.
    """
    several = "policies" in case
    documents = _objects(case, "policies") if several else [_object(case, "policy")]
    policies = [Policy.decode(document) for document in documents]
    bindings = [Binding.decode(document) for document in _objects(case, "bindings")]
    compiled = PolicySet.compile(policies, bindings, version=version)
    verdict = review(compiled, _request(_object(case, "request")), _context(case, policies))
    wire = verdict.wire
    return {
        "id": case.get("id"),
        "matched": verdict.matched,
        "denied": not wire.allowed,
        "code": wire.code or None,
        "reason": wire.reason or None,
        "message": wire.message or None,
        "warnings": list(verdict.warnings),
        "auditAnnotations": verdict.audit_annotations,
        "decisions": _rows(verdict, with_policy=several),
    }


def _rows(verdict: Verdict, *, with_policy: bool) -> list[dict[str, JsonValue]]:
    return [
        _row(decision, with_policy=with_policy)
        for decision in verdict.decisions
        if decision.origin in _TOLD or decision.evaluation is Evaluation.SKIP
    ]


def _row(decision: Decision, *, with_policy: bool) -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {"policy": decision.policy} if with_policy else {}
    row |= {
        "binding": decision.binding,
        "index": decision.index,
        "action": decision.action.value,
        "evaluation": decision.evaluation.value,
    }
    if decision.message:
        row["message"] = decision.message
    if decision.reason:
        row["reason"] = decision.reason
    return row


def _context(case: Mapping[str, JsonValue], policies: Iterable[Policy]) -> Context:
    kinds = [policy.param_kind for policy in policies if policy.param_kind is not None]
    scope = case.get("paramScope")
    if scope not in (None, "", "Namespaced", "Cluster"):
        found = f"`{scope}`" if isinstance(scope, str) else describe(scope)
        raise InputError(f"paramScope: expected Namespaced or Cluster, found {found}")
    scopes = dict.fromkeys(kinds, scope == "Namespaced") if scope else {}
    params = _objects(case, "params")
    if kinds:  # a param may leave out what its policy says it is
        own = {"apiVersion": kinds[0].api_version, "kind": kinds[0].kind}
        params = [own | param for param in params]
    return Context(
        namespaces=NamespaceTable.of(_objects(case, "namespaces")) if "namespaces" in case else None,
        params=ParamTable.of(params, scopes=scopes),
        authorizer=_authorizer(case),
    )


def _authorizer(case: Mapping[str, JsonValue]) -> AuthorizerBackend:
    if case.get("authz") is None:
        return AllowAll()
    try:
        return RuleTable.from_json(_objects(case, "authz"))
    except ValueError as error:
        raise InputError(f"authz: {error}") from None


def _request(request: Mapping[str, JsonValue]) -> AdmissionRequest:
    group, version = _text(request, "group"), _text(request, "version")
    user = request.get("userInfo")
    operation = read_operation(request)
    return AdmissionRequest.of(
        operation,
        kind=GroupVersionKind(
            _text(request, "kgroup") if "kgroup" in request else group, version, _text(request, "kind")
        ),
        resource=GroupVersionResource(group, version, _text(request, "resource")),
        subresource=_text(request, "subresource"),
        namespace=_text(request, "namespace"),
        name=_text(request, "name"),
        user=UserInfo() if user is None else read_user(user),
        object=request.get("object"),
        old_object=request.get("oldObject"),
        options=request.get("options"),
        dry_run=request.get("dryRun") is True,
    )


def _text(request: Mapping[str, JsonValue], name: str) -> str:
    value = request.get(name)
    if value is not None and not isinstance(value, str):
        raise InputError(f"request.{name}: expected a string, found {describe(value)}")
    return value or ""


def _object(case: Mapping[str, JsonValue], name: str) -> JsonObject:
    value = case.get(name)
    if not isinstance(value, dict):
        raise InputError(f"{name}: expected an object, found {describe(value)}")
    return value


def _objects(case: Mapping[str, JsonValue], name: str) -> list[JsonObject]:
    value = case.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InputError(f"{name}: expected a list of objects, found {describe(value)}")
    return value
