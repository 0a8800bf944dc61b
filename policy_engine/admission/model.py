"""Policies and bindings as their authors wrote them, with the API's defaults filled in.

Source: k8s.io/api admissionregistration/v1 and pkg/apis/admissionregistration/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.admission.decoding import Fields
from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.admission.selectors import SELECT_ALL, LabelRequirement, LabelSelector
from policy_engine.records import record

GROUP = "admissionregistration.k8s.io"
POLICY_KIND = "ValidatingAdmissionPolicy"
BINDING_KIND = "ValidatingAdmissionPolicyBinding"


@record(kw_only=True)
class Rule:
    """Resources, operations and names that a policy or binding is about. scope: `*`, Namespaced or Cluster."""

    api_groups: tuple[str, ...] = ("*",)
    api_versions: tuple[str, ...] = ("*",)
    resources: tuple[str, ...] = ("*",)
    operations: tuple[str, ...] = ("*",)
    scope: str = "*"
    resource_names: tuple[str, ...] = ()


@record(kw_only=True)
class MatchResources:
    """What requests a policy or binding is about. equivalent: `matchPolicy: Equivalent`."""

    namespace_selector: LabelSelector = SELECT_ALL
    object_selector: LabelSelector = SELECT_ALL
    resource_rules: tuple[Rule, ...] = ()
    exclude_resource_rules: tuple[Rule, ...] = ()
    equivalent: bool = True


@record(kw_only=True)
class Variable:
    """A named expression that others read as `variables.name`."""

    name: str
    expression: str


@record(kw_only=True)
class MatchCondition:
    """An expression that decides whether the policy looks at a request at all."""

    name: str
    expression: str


@record(kw_only=True)
class Validation:
    """An expression that must hold, and what is said where it does not."""

    expression: str
    message: str = ""
    message_expression: str = ""
    reason: str | None = None


@record(kw_only=True)
class AuditAnnotation:
    """An expression whose text goes into the audit log under `<policy>/<key>`."""

    key: str
    value_expression: str


@record(kw_only=True)
class Policy:
    """A ValidatingAdmissionPolicy. ignores_errors: `failurePolicy: Ignore`."""

    name: str
    match_constraints: MatchResources | None
    validations: tuple[Validation, ...] = ()
    match_conditions: tuple[MatchCondition, ...] = ()
    variables: tuple[Variable, ...] = ()
    audit_annotations: tuple[AuditAnnotation, ...] = ()
    param_kind: GroupVersionKind | None = None
    ignores_errors: bool = False

    @classmethod
    def decode(cls, document: Mapping[str, JsonValue]) -> Policy:
        """Read a policy. Raises: PolicyError, with the field's path, where a field is of the wrong type.

        Only types are checked: what the API server would refuse beyond that is another module's business.
        """
        fields = Fields.of(document)
        spec = fields.object("spec")
        constraints = spec.optional_object("matchConstraints")
        return cls(
            name=fields.object("metadata").text("name"),
            match_constraints=None if constraints is None else _match_resources(constraints),
            validations=tuple(_validation(item) for item in spec.objects("validations")),
            match_conditions=tuple(
                MatchCondition(name=item.text("name"), expression=item.text("expression"))
                for item in spec.objects("matchConditions")
            ),
            variables=tuple(
                Variable(name=item.text("name"), expression=item.text("expression"))
                for item in spec.objects("variables")
            ),
            audit_annotations=tuple(
                AuditAnnotation(key=item.text("key"), value_expression=item.text("valueExpression"))
                for item in spec.objects("auditAnnotations")
            ),
            param_kind=_param_kind(spec.optional_object("paramKind")),
            ignores_errors=spec.text("failurePolicy") == "Ignore",
        )


@record(kw_only=True)
class ParamRef:
    """Which objects a binding hands to its policy as `params`.

    denies_missing: `parameterNotFoundAction: Deny`.
    """

    name: str = ""
    namespace: str = ""
    selector: LabelSelector | None = None
    denies_missing: bool = False


@record(kw_only=True)
class Binding:
    """A ValidatingAdmissionPolicyBinding. actions: `validationActions`, as written."""

    name: str
    policy_name: str
    actions: tuple[str, ...] = ()
    match_resources: MatchResources | None = None
    param_ref: ParamRef | None = None

    @classmethod
    def decode(cls, document: Mapping[str, JsonValue]) -> Binding:
        """Read a binding. Raises: PolicyError, with the field's path, where a field is of the wrong type."""
        fields = Fields.of(document)
        spec = fields.object("spec")
        resources = spec.optional_object("matchResources")
        return cls(
            name=fields.object("metadata").text("name"),
            policy_name=spec.text("policyName"),
            actions=spec.texts("validationActions"),
            match_resources=None if resources is None else _match_resources(resources),
            param_ref=_param_ref(spec.optional_object("paramRef")),
        )


DEFAULT_BINDING_NAME = "bound-by-default"


def bind_by_default(policy: Policy) -> Binding:
    """Make the binding that a policy without any gets where nobody binds policies: everything, with Deny."""
    return Binding(name=DEFAULT_BINDING_NAME, policy_name=policy.name, actions=("Deny",))


def _match_resources(fields: Fields) -> MatchResources:
    return MatchResources(
        namespace_selector=_selector(fields.object("namespaceSelector")),
        object_selector=_selector(fields.object("objectSelector")),
        resource_rules=tuple(_rule(item) for item in fields.objects("resourceRules")),
        exclude_resource_rules=tuple(_rule(item) for item in fields.objects("excludeResourceRules")),
        equivalent=fields.text("matchPolicy") != "Exact",
    )


def _rule(fields: Fields) -> Rule:
    return Rule(
        api_groups=fields.texts("apiGroups"),
        api_versions=fields.texts("apiVersions"),
        resources=fields.texts("resources"),
        operations=fields.texts("operations"),
        scope=fields.text("scope") or "*",
        resource_names=fields.texts("resourceNames"),
    )


def _selector(fields: Fields) -> LabelSelector:
    return LabelSelector(
        match_labels=fields.text_map("matchLabels"),
        match_expressions=tuple(
            LabelRequirement(key=item.text("key"), operator=item.text("operator"), values=item.texts("values"))
            for item in fields.objects("matchExpressions")
        ),
    )


def _validation(fields: Fields) -> Validation:
    return Validation(
        expression=fields.text("expression"),
        message=fields.text("message"),
        message_expression=fields.text("messageExpression"),
        reason=fields.optional_text("reason"),
    )


def _param_kind(fields: Fields | None) -> GroupVersionKind | None:
    return None if fields is None else GroupVersionKind.parse(fields.text("apiVersion"), fields.text("kind"))


def _param_ref(fields: Fields | None) -> ParamRef | None:
    if fields is None:
        return None
    return ParamRef(
        name=fields.text("name"),
        namespace=fields.text("namespace"),
        selector=_selector(fields.object("selector")) if fields.has("selector") else None,
        denies_missing=fields.text("parameterNotFoundAction") == "Deny",
    )
