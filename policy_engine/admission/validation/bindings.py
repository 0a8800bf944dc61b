"""The API server's validation of a ValidatingAdmissionPolicyBinding that is created.

Source: kubernetes pkg/apis/admissionregistration/validation/validation.go,
validateValidatingAdmissionPolicyBindingSpec.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.validation.field_errors import (
    FieldError,
    duplicate,
    forbidden,
    invalid,
    not_supported,
    required,
)
from policy_engine.admission.validation.match_resources import match_resources_errors, selector_errors
from policy_engine.admission.validation.metadata import metadata_errors
from policy_engine.admission.validation.names import path_segment_errors
from policy_engine.cel.libraries.name_rules import dns1123_subdomain_problems
from policy_engine.field_paths import FieldPath

_ACTIONS = ("Audit", "Deny", "Warn")
_NOT_FOUND_ACTIONS = ("Deny", "Allow")
_EXCLUSIVE = "name and selector are mutually exclusive"
_DENY_AND_WARN = (
    "must not contain both Deny and Warn (repeating the same validation failure information in the API "
    "response and headers serves no purpose)"
)


def binding_errors(binding: Mapping[str, JsonValue]) -> Iterator[FieldError]:
    """Check a decoded binding, in the server's order."""
    yield from metadata_errors(binding.get("metadata", {}))
    spec = binding.get("spec", {})
    path: FieldPath = ("spec",)
    name = spec.get("policyName", "")
    if not name:
        yield required((*path, "policyName"))
    else:
        for problem in dns1123_subdomain_problems(name):
            yield invalid((*path, "policyName"), name, problem)
    if "paramRef" in spec:
        yield from _param_ref_errors(spec["paramRef"], (*path, "paramRef"))
    if "matchResources" in spec:
        yield from match_resources_errors(spec["matchResources"], (*path, "matchResources"))
    yield from _action_errors(spec.get("validationActions", ()), (*path, "validationActions"))


def _param_ref_errors(reference: Mapping[str, JsonValue], path: FieldPath) -> Iterator[FieldError]:
    name, selector = reference.get("name", ""), reference.get("selector")
    for problem in path_segment_errors(name):
        yield invalid((*path, "name"), name, problem)
    if name and selector is not None:
        yield forbidden((*path, "name"), _EXCLUSIVE)
    if selector is not None:
        yield from selector_errors(selector, (*path, "selector"))
        if name:
            yield forbidden((*path, "selector"), _EXCLUSIVE)
    elif not name:
        yield required(path, "one of name or selector must be specified")
    action = reference.get("parameterNotFoundAction")
    if not action:
        yield required((*path, "parameterNotFoundAction"))
    elif action not in _NOT_FOUND_ACTIONS:
        yield not_supported((*path, "parameterNotFoundAction"), action, _NOT_FOUND_ACTIONS)


def _action_errors(actions: Sequence[str], path: FieldPath) -> Iterator[FieldError]:
    seen: set[str] = set()
    for i, action in enumerate(actions):
        if action not in _ACTIONS:
            yield not_supported((*path, i), action, _ACTIONS)
        if action in seen:
            yield duplicate((*path, i), action)
        seen.add(action)
    if {"Deny", "Warn"} <= seen:
        yield invalid(path, actions, _DENY_AND_WARN)
    if not seen:
        yield required(path, "at least one validation action is required")
