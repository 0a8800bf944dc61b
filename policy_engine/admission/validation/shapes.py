"""The Go types that policies and bindings are decoded into, as far as decoding can fail on them.

Source: k8s.io/api admissionregistration/v1 and v1beta1 types.go, apimachinery pkg/apis/meta/v1/types.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cache

from policy_engine.records import record


@record
class Text:
    """A string; `go_type` is another name than `string` where Go gives it one."""

    go_type: str = "string"


@record
class Integer:
    """A 64-bit integer."""

    go_type: str = "int64"


@record
class Boolean:
    """True or false."""

    go_type: str = "bool"


@record
class Moment:
    """A time in RFC 3339, decoded from a string."""

    go_type: str = "string"


@record
class Anything:
    """Any JSON value, kept as it is."""

    go_type: str = ""


@record
class ListOf:
    """A list of items of one shape."""

    item: Shape

    @property
    def go_type(self) -> str:
        """Give the Go type's name."""
        return f"[]{self.item.go_type}"


@record
class MapOfText:
    """A map from strings to strings."""

    go_type: str = "map[string]string"


@record
class Record:
    """A struct: `package.name` with fields by their JSON names.

    embedded: the Go structs inside this one that a field really belongs to, where it is not its own. JSON does
        not show them, yet error texts name them.
    """

    package: str
    name: str
    fields: Mapping[str, Shape]
    embedded: Mapping[str, str] = field(default_factory=dict)

    @property
    def go_type(self) -> str:
        """Give the Go type's name."""
        return f"{self.package}.{self.name}"


Shape = Text | Integer | Boolean | Moment | Anything | ListOf | MapOfText | Record


@cache
def policy_shape(version: str) -> Record:
    """Give the shape of a ValidatingAdmissionPolicy in an API version (`v1` or `v1beta1`)."""
    text = Text()
    match_condition = Record(version, "MatchCondition", {"name": text, "expression": text})
    validation: dict[str, Shape] = {
        "expression": text,
        "message": text,
        "reason": Text("v1.StatusReason"),
        "messageExpression": text,
    }
    audit_annotation = {"key": text, "valueExpression": text}
    spec: dict[str, Shape] = {
        "paramKind": Record(version, "ParamKind", {"apiVersion": text, "kind": text}),
        "matchConstraints": _match_resources(version),
        "validations": ListOf(Record(version, "Validation", validation)),
        "failurePolicy": Text(f"{version}.FailurePolicyType"),
        "auditAnnotations": ListOf(Record(version, "AuditAnnotation", audit_annotation)),
        "matchConditions": ListOf(match_condition),
        "variables": ListOf(Record(version, "Variable", {"name": text, "expression": text})),
    }
    warning = Record(version, "ExpressionWarning", {"fieldRef": text, "warning": text})
    status: dict[str, Shape] = {
        "observedGeneration": Integer(),
        "typeChecking": Record(version, "TypeChecking", {"expressionWarnings": ListOf(warning)}),
        "conditions": ListOf(_condition()),
    }
    name = "ValidatingAdmissionPolicy"
    return Record(
        version,
        name,
        {
            **_type_meta(),
            "metadata": _object_meta(),
            "spec": Record(version, f"{name}Spec", spec),
            "status": Record(version, f"{name}Status", status),
        },
    )


@cache
def binding_shape(version: str) -> Record:
    """Give the shape of a ValidatingAdmissionPolicyBinding in an API version (`v1` or `v1beta1`)."""
    text = Text()
    param_ref: dict[str, Shape] = {
        "name": text,
        "namespace": text,
        "selector": _label_selector(),
        "parameterNotFoundAction": Text(f"{version}.ParameterNotFoundActionType"),
    }
    spec: dict[str, Shape] = {
        "policyName": text,
        "paramRef": Record(version, "ParamRef", param_ref),
        "matchResources": _match_resources(version),
        "validationActions": ListOf(Text(f"{version}.ValidationAction")),
    }
    name = "ValidatingAdmissionPolicyBinding"
    return Record(
        version,
        name,
        {**_type_meta(), "metadata": _object_meta(), "spec": Record(version, f"{name}Spec", spec)},
    )


def _match_resources(version: str) -> Record:
    texts = ListOf(Text())
    rule: dict[str, Shape] = {
        "resourceNames": texts,
        "operations": ListOf(Text("v1.OperationType")),
        "apiGroups": texts,
        "apiVersions": texts,
        "resources": texts,
        "scope": Text("v1.ScopeType"),
    }
    inner = "RuleWithOperations.Rule"
    embedded = {"operations": "RuleWithOperations"} | dict.fromkeys(
        ("apiGroups", "apiVersions", "resources", "scope"), inner
    )
    rules = ListOf(Record(version, "NamedRuleWithOperations", rule, embedded))
    fields: dict[str, Shape] = {
        "namespaceSelector": _label_selector(),
        "objectSelector": _label_selector(),
        "resourceRules": rules,
        "excludeResourceRules": rules,
        "matchPolicy": Text(f"{version}.MatchPolicyType"),
    }
    return Record(version, "MatchResources", fields)


def _label_selector() -> Record:
    requirement: dict[str, Shape] = {
        "key": Text(),
        "operator": Text("v1.LabelSelectorOperator"),
        "values": ListOf(Text()),
    }
    expressions = ListOf(Record("v1", "LabelSelectorRequirement", requirement))
    return Record("v1", "LabelSelector", {"matchLabels": MapOfText(), "matchExpressions": expressions})


def _type_meta() -> dict[str, Shape]:
    return {"kind": Text(), "apiVersion": Text()}


def _object_meta() -> Record:
    text = Text()
    owner: dict[str, Shape] = {
        "apiVersion": text,
        "kind": text,
        "name": text,
        "uid": Text("types.UID"),
        "controller": Boolean(),
        "blockOwnerDeletion": Boolean(),
    }
    managed: dict[str, Shape] = {
        "manager": text,
        "operation": Text("v1.ManagedFieldsOperationType"),
        "apiVersion": text,
        "time": Moment(),
        "fieldsType": text,
        "fieldsV1": Anything(),
        "subresource": text,
    }
    fields: dict[str, Shape] = {
        "name": text,
        "generateName": text,
        "namespace": text,
        "selfLink": text,
        "uid": Text("types.UID"),
        "resourceVersion": text,
        "generation": Integer(),
        "creationTimestamp": Moment(),
        "deletionTimestamp": Moment(),
        "deletionGracePeriodSeconds": Integer(),
        "labels": MapOfText(),
        "annotations": MapOfText(),
        "ownerReferences": ListOf(Record("v1", "OwnerReference", owner)),
        "finalizers": ListOf(text),
        "managedFields": ListOf(Record("v1", "ManagedFieldsEntry", managed)),
    }
    return Record("v1", "ObjectMeta", fields)


def _condition() -> Record:
    fields: dict[str, Shape] = {
        "type": Text(),
        "status": Text("v1.ConditionStatus"),
        "observedGeneration": Integer(),
        "lastTransitionTime": Moment(),
        "reason": Text(),
        "message": Text(),
    }
    return Record("v1", "Condition", fields)
