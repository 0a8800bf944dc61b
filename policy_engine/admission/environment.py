"""What a policy's expressions can name, and of what type it is.

Source: k8s.io/apiserver pkg/admission/plugin/cel/compile.go, `BuildRequestType` and `BuildNamespaceType`.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.cel.environment import Environment
from policy_engine.cel.libraries.authz import AUTHORIZER, RESOURCE_CHECK
from policy_engine.cel.types import BOOL, DYN, INT, STRING, TIMESTAMP, Kind, Type, list_of, map_of, struct

VARIABLES_TYPE = "kubernetes.variables"
REQUEST_RESOURCE = "authorizer.requestResource"

_STRINGS = list_of(STRING)
_STRING_MAP = map_of(STRING, STRING)
_KIND = struct("kubernetes.GroupVersionKind")
_RESOURCE = struct("kubernetes.GroupVersionResource")
_CONDITION = struct("kubernetes.NamespaceCondition")

# The API calls a Namespace's field `uid`; its declaration is upstream's slip, and has to be copied.
_UID_AS_DECLARED = "UID"

STRUCTS: Mapping[str, Mapping[str, Type]] = {
    "kubernetes.GroupVersionKind": {"group": STRING, "version": STRING, "kind": STRING},
    "kubernetes.GroupVersionResource": {"group": STRING, "version": STRING, "resource": STRING},
    "kubernetes.UserInfo": {
        "username": STRING,
        "uid": STRING,
        "groups": _STRINGS,
        "extra": map_of(STRING, _STRINGS),
    },
    "kubernetes.AdmissionRequest": {
        "kind": _KIND,
        "resource": _RESOURCE,
        "subResource": STRING,
        "requestKind": _KIND,
        "requestResource": _RESOURCE,
        "requestSubResource": STRING,
        "name": STRING,
        "namespace": STRING,
        "operation": STRING,
        "userInfo": struct("kubernetes.UserInfo"),
        "dryRun": BOOL,
        "options": DYN,
    },
    "kubernetes.NamespaceSpec": {"finalizers": _STRINGS},
    "kubernetes.NamespaceCondition": {
        "status": STRING,
        "type": STRING,
        "lastTransitionTime": TIMESTAMP,
        "message": STRING,
        "reason": STRING,
    },
    "kubernetes.NamespaceStatus": {"conditions": list_of(_CONDITION), "phase": STRING},
    "kubernetes.NamespaceMetadata": {
        "name": STRING,
        "generateName": STRING,
        "namespace": STRING,
        "labels": _STRING_MAP,
        "annotations": _STRING_MAP,
        _UID_AS_DECLARED: STRING,
        "creationTimestamp": TIMESTAMP,
        "deletionGracePeriodSeconds": INT,
        "deletionTimestamp": TIMESTAMP,
        "generation": INT,
        "resourceVersion": STRING,
        "finalizers": _STRINGS,
    },
    "kubernetes.Namespace": {
        "metadata": struct("kubernetes.NamespaceMetadata"),
        "spec": struct("kubernetes.NamespaceSpec"),
        "status": struct("kubernetes.NamespaceStatus"),
    },
}
"""The types of `request` and `namespaceObject`."""


class PolicyEnvironments:
    """The four environments a policy can need: with params or without, with authorizer or without.

    composed: whether `variables` is declared. The API's own validation compiles some expressions without it.
    """

    def __init__(self, version: str, *, composed: bool = True) -> None:
        base = Environment.kubernetes(version).extend(structs={**STRUCTS, VARIABLES_TYPE: {}})
        self._base = base.extend(
            variables={
                "object": DYN,
                "oldObject": DYN,
                "request": struct("kubernetes.AdmissionRequest"),
                "namespaceObject": struct("kubernetes.Namespace"),
                **({"variables": struct(VARIABLES_TYPE)} if composed else {}),
            }
        )
        self._made: dict[tuple[bool, bool], Environment] = {}

    def get(self, *, params: bool, authorizer: bool) -> Environment:
        """Give an environment in which no composed variable is declared yet."""
        key = (params, authorizer)
        made = self._made.get(key)
        if made is None:
            variables = {"params": DYN} if params else {}
            if authorizer:
                variables |= {"authorizer": AUTHORIZER, REQUEST_RESOURCE: RESOURCE_CHECK}
            made = self._made[key] = self._base.extend(variables=variables)
        return made


def admission_environment(version: str) -> Environment:
    """Give the environment of a policy's validations: with params and authorizer, without composed variables."""
    return PolicyEnvironments(version).get(params=True, authorizer=True)


_KEPT = frozenset(
    {Kind.ANY, Kind.BOOL, Kind.BYTES, Kind.DOUBLE, Kind.DURATION, Kind.INT, Kind.NULL, Kind.STRING}
    | {Kind.TIMESTAMP, Kind.UINT}
)


def variable_type(type_: Type) -> Type:
    """Give the type under which an expression's result is known as `variables.x`: all but plain data is dyn.

    Source: k8s.io/apiserver pkg/admission/plugin/cel/composition.go, `convertCelTypeToDeclType`.
    """
    if type_.nullable:
        return DYN
    if type_.kind in _KEPT:
        return type_
    if type_.kind is Kind.LIST:
        return list_of(variable_type(type_.params[0]))
    if type_.kind is Kind.MAP:
        return map_of(*map(variable_type, type_.params))
    return DYN
