"""The objects a binding hands to its policy.

Source: k8s.io/apiserver pkg/admission/plugin/policy/generic/policy_dispatcher.go, `CollectParams`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from policy_engine.admission.context import Context, Params, Unknown
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.matching import Misconfigured
from policy_engine.admission.model import ParamRef
from policy_engine.admission.objects import object_labels
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.admission.selectors import SelectorError, compile_selector

CollectedParams: TypeAlias = Sequence[JsonObject | None] | Misconfigured | Unknown
"""One evaluation each; an empty sequence skips the binding; None evaluates with `params` null."""

WITHOUT_PARAM: Sequence[None] = (None,)


def collect_params(
    kind: GroupVersionKind | None, ref: ParamRef | None, namespace: str, context: Context
) -> CollectedParams:
    """Find what a binding refers to. namespace: of the request, empty for cluster-scoped objects."""
    if kind is None or ref is None:
        return WITHOUT_PARAM
    params = context.params
    if params is None:
        return Unknown("no params are known here")
    namespaced = params.is_namespaced(kind)
    if isinstance(namespaced, Unknown):
        return namespaced
    if not namespaced:
        if ref.namespace:
            return Misconfigured("paramRef.namespace must not be provided for a cluster-scoped `paramKind`")
        return _select(params, kind, ref, "")
    where = ref.namespace or namespace
    if not where:
        return Misconfigured(
            "cannot use namespaced paramRef in policy binding that matches cluster-scoped resources"
        )
    return _select(params, kind, ref, where)


def _select(params: Params, kind: GroupVersionKind, ref: ParamRef, namespace: str) -> CollectedParams:
    found: list[JsonObject]
    if ref.name:
        if ref.selector is not None:
            return Misconfigured("paramRef.name and paramRef.selector are mutually exclusive")
        one = params.get(kind, namespace, ref.name)
        found = [] if one is None else [one]
    elif ref.selector is not None:
        try:
            selector = compile_selector(ref.selector)
        except SelectorError as error:
            return Misconfigured(error.message)
        found = [param for param in params.list(kind, namespace) if selector.matches(object_labels(param))]
    else:
        return Misconfigured("one of name or selector must be provided")
    if not found and ref.denies_missing:
        return Misconfigured("no params found for policy binding with `Deny` parameterNotFoundAction")
    return [_with_type(param, kind) for param in found]


def _with_type(param: JsonObject, kind: GroupVersionKind) -> JsonObject:
    if param.get("apiVersion") and param.get("kind"):
        return param
    return {**param, "apiVersion": kind.api_version, "kind": kind.kind}
