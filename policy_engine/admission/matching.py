"""Whether a policy or binding is about a request: by its rules, and by labels of the namespace and the object.

What is wrong with a selector only counts where the rules match and no other selector says no.

Source: k8s.io/apiserver pkg/admission/plugin/policy/matching/matching.go and webhook/predicates.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from policy_engine.admission.context import Context, Unknown
from policy_engine.admission.kinds import Kinds
from policy_engine.admission.model import MatchResources, Rule
from policy_engine.admission.objects import has_metadata, object_labels
from policy_engine.admission.request import AdmissionRequest, Operation
from policy_engine.admission.resources import GroupVersionKind, GroupVersionResource
from policy_engine.admission.rules import RequestShape, rule_matches
from policy_engine.admission.selectors import (
    EVERYTHING,
    Labels,
    LabelSelector,
    Selector,
    SelectorError,
    compile_selector,
)


@dataclass(frozen=True, slots=True)
class Target:
    """The request matches; expressions see it as this resource and kind."""

    resource: GroupVersionResource
    kind: GroupVersionKind


@dataclass(frozen=True, slots=True)
class Misconfigured:
    """The policy or binding cannot be matched against the request; the API server says why."""

    message: str


Match: TypeAlias = Target | Misconfigured | Unknown | None
"""None: the request is of no concern."""


@dataclass(frozen=True, slots=True)
class Constraints:
    """`matchConstraints` or `matchResources`, ready for use.

    by_shape: nothing but the shape of a request decides, so that the answer can be kept.
    """

    rules: tuple[Rule, ...]
    exclude_rules: tuple[Rule, ...]
    equivalent: bool
    namespace_selector: Selector | Misconfigured
    object_selector: Selector | Misconfigured
    by_shape: bool
    by_name: bool

    @classmethod
    def compile(cls, resources: MatchResources) -> Constraints:
        """Prepare constraints. A selector that is not valid is kept as what the server says about it."""
        namespace_selector = _selector(resources.namespace_selector)
        object_selector = _selector(resources.object_selector)
        by_name = any(
            rule.resource_names for rule in (*resources.resource_rules, *resources.exclude_resource_rules)
        )
        return cls(
            rules=resources.resource_rules,
            exclude_rules=resources.exclude_resource_rules,
            equivalent=resources.equivalent,
            namespace_selector=namespace_selector,
            object_selector=object_selector,
            by_shape=namespace_selector is EVERYTHING and object_selector is EVERYTHING and not by_name,
            by_name=by_name,
        )

    def match_rules(self, shape: RequestShape, name: str | None, kinds: Kinds) -> Target | None:
        """Apply the rules alone. name: None asks whether any name could match."""
        if name is not None or not self.by_name:
            if _find(self.exclude_rules, shape, name, self, kinds) is not None:
                return None
        elif any(not rule.resource_names for rule in self.exclude_rules):
            nameless = [rule for rule in self.exclude_rules if not rule.resource_names]
            if _find(nameless, shape, None, self, kinds) is not None:
                return None
        if not self.rules:
            return Target(shape.resource, shape.kind)
        return _find(self.rules, shape, name, self, kinds)

    def match_selectors(self, request: AdmissionRequest, context: Context) -> bool | Misconfigured | Unknown:
        """Apply the selectors alone; the rules are known to match."""
        by_namespace = _match_namespace(self.namespace_selector, request, context)
        if by_namespace is False:
            return False
        by_object = _match_object(self.object_selector, request)
        if by_object is False or by_namespace is True:
            return by_object
        return by_namespace

    def match(self, request: AdmissionRequest, shape: RequestShape, context: Context, kinds: Kinds) -> Match:
        """Apply rules and selectors. In which order makes no difference: the rules only give yes or no."""
        target = self.match_rules(shape, request.name, kinds)
        if target is None:
            return None
        selected = self.match_selectors(request, context)
        if selected is True:
            return target
        return None if selected is False else selected


def _selector(selector: LabelSelector) -> Selector | Misconfigured:
    try:
        return compile_selector(selector)
    except SelectorError as error:
        return Misconfigured(f"Internal error occurred: {error.message}")


def _find(
    rules: Sequence[Rule], shape: RequestShape, name: str | None, constraints: Constraints, kinds: Kinds
) -> Target | None:
    for rule in rules:
        if rule_matches(rule, shape, shape.resource) and _name_matches(rule, name):
            return Target(shape.resource, shape.kind)
    if not constraints.equivalent:
        return None
    for rule in rules:
        for target in _equivalents(shape, kinds):
            if rule_matches(rule, shape, target.resource) and _name_matches(rule, name):
                return target
    return None


def _equivalents(shape: RequestShape, kinds: Kinds) -> Iterator[Target]:
    for equivalent in kinds.equivalents(shape.resource, kind=shape.kind):
        yield Target(equivalent.resource, equivalent.kind)


def _name_matches(rule: Rule, name: str | None) -> bool:
    return not rule.resource_names or name is None or name in rule.resource_names


def _match_namespace(
    selector: Selector | Misconfigured, request: AdmissionRequest, context: Context
) -> bool | Misconfigured | Unknown:
    is_namespace = request.request_resource.resource == "namespaces"
    if not request.namespace and not is_namespace:
        return True
    if isinstance(selector, Misconfigured):
        return selector
    if selector.is_empty():
        return True
    labels = _namespace_labels(request, context, is_namespace=is_namespace)
    return labels if isinstance(labels, (Misconfigured, Unknown)) else selector.matches(labels)


def _namespace_labels(
    request: AdmissionRequest, context: Context, *, is_namespace: bool
) -> Labels | Misconfigured | Unknown:
    if (
        is_namespace
        and not request.request_subresource
        and request.operation in (Operation.CREATE, Operation.UPDATE)
    ):
        # What is stored is older than what is asked for.
        return object_labels(request.object)
    found = context.find_namespace(request.namespace)
    if found is None:
        return Misconfigured(f'namespaces "{request.namespace}" not found')
    return found if isinstance(found, Unknown) else object_labels(found)


def _match_object(selector: Selector | Misconfigured, request: AdmissionRequest) -> bool | Misconfigured:
    if isinstance(selector, Misconfigured):
        return selector
    if selector.is_empty():
        return True
    if not has_metadata(request.kind):
        return False
    return any(
        selector.matches(object_labels(value))
        for value in (request.object, request.old_object)
        if value is not None
    )
