"""The API server's validation of a ValidatingAdmissionPolicy that is created.

Source: kubernetes pkg/apis/admissionregistration/validation/validation.go,
validateValidatingAdmissionPolicySpec.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.validation.expressions import ExpressionCompiler, ExpressionEnvironments
from policy_engine.admission.validation.field_errors import (
    FieldError,
    duplicate,
    invalid,
    not_supported,
    required,
    too_many,
)
from policy_engine.admission.validation.match_resources import match_resources_errors
from policy_engine.admission.validation.metadata import final_name, metadata_errors
from policy_engine.admission.validation.names import is_cel_identifier
from policy_engine.cel.go_strings import size_bytes, trim_space
from policy_engine.cel.libraries.name_rules import (
    dns1035_label_problems,
    dns1123_subdomain_problems,
    qualified_name_problems,
)
from policy_engine.field_paths import FieldPath

# All from kubernetes pkg/apis/admissionregistration/validation/validation.go.
MAX_MATCH_CONDITIONS = 64
MAX_AUDIT_ANNOTATIONS = 20
MAX_VALUE_EXPRESSION_BYTES = 5 * 1024

_FAILURE_POLICIES = ("Fail", "Ignore")
_REASONS = ("Forbidden", "Invalid", "RequestEntityTooLarge")
_LINE_BREAK = re.compile("[\n\r]")
_NOTHING_TO_DO = "validations or auditAnnotations must contain at least one item"
_Item = Mapping[str, JsonValue]


def policy_errors(policy: _Item, environments: ExpressionEnvironments) -> Iterator[FieldError]:
    """Check a decoded policy, in the server's order."""
    metadata, spec = policy.get("metadata", {}), policy.get("spec", {})
    path: FieldPath = ("spec",)
    yield from metadata_errors(metadata)
    failure_policy = spec.get("failurePolicy", "Fail")
    if failure_policy not in _FAILURE_POLICIES:
        yield not_supported((*path, "failurePolicy"), failure_policy, _FAILURE_POLICIES)
    if "paramKind" in spec:
        yield from _param_kind_errors(spec["paramKind"], (*path, "paramKind"))
    yield from _constraint_errors(spec.get("matchConstraints"), (*path, "matchConstraints"))
    variables = spec.get("variables", ())
    compiler = ExpressionCompiler(environments, params="paramKind" in spec, composed=bool(variables))
    conditions = spec.get("matchConditions", ())
    yield from _match_condition_errors(conditions, (*path, "matchConditions"), compiler)
    for i, variable in enumerate(variables):
        yield from _variable_errors(variable, (*path, "variables", i), compiler)
    validations, annotations = spec.get("validations", ()), spec.get("auditAnnotations", ())
    if not validations and not annotations:
        yield required((*path, "validations"), _NOTHING_TO_DO)
        yield required((*path, "auditAnnotations"), _NOTHING_TO_DO)
    for i, validation in enumerate(validations):
        yield from _validation_errors(validation, (*path, "validations", i), compiler)
    name = final_name(metadata)
    yield from _audit_annotation_errors(annotations, (*path, "auditAnnotations"), name, compiler)


def _param_kind_errors(kind: _Item, path: FieldPath) -> Iterator[FieldError]:
    api_version, name = kind.get("apiVersion", ""), kind.get("kind", "")
    yield from _api_version_errors(api_version, (*path, "apiVersion"))
    if not name:
        yield required((*path, "kind"))
    elif problems := dns1035_label_problems(name.lower()):
        detail = f"may have mixed case, but should otherwise match: {','.join(problems)}"
        yield invalid((*path, "kind"), name, detail)


def _api_version_errors(api_version: str, path: FieldPath) -> Iterator[FieldError]:
    if not api_version:
        yield required(path)
        return
    if api_version.count("/") > 1:
        yield invalid(path, api_version, f"unexpected GroupVersion string: {api_version}")
        return
    group, _, version = api_version.rpartition("/")
    if group and (problems := dns1123_subdomain_problems(group)):
        yield invalid(path, group, ",".join(problems))
    if not version:
        yield invalid(path, api_version, "version must be specified")
    elif problems := dns1035_label_problems(version):
        yield invalid(path, version, ",".join(problems))


def _constraint_errors(constraints: _Item | None, path: FieldPath) -> Iterator[FieldError]:
    if constraints is None:
        yield required(path)
        return
    yield from match_resources_errors(constraints, path)
    if not constraints.get("resourceRules"):
        yield required((*path, "resourceRules"))


def _match_condition_errors(
    conditions: Sequence[_Item], path: FieldPath, compiler: ExpressionCompiler
) -> Iterator[FieldError]:
    if len(conditions) > MAX_MATCH_CONDITIONS:
        yield too_many(path, len(conditions), MAX_MATCH_CONDITIONS)
    seen: set[str] = set()
    for i, condition in enumerate(conditions):
        expression, name = condition.get("expression", ""), condition.get("name", "")
        if not trim_space(expression):
            yield required((*path, i, "expression"))
        elif refusal := compiler.match_condition(expression, (*path, i, "expression")):
            yield refusal
        if not name:
            yield required((*path, i, "name"))
            continue
        for problem in qualified_name_problems(name):
            yield invalid((*path, i, "name"), name, problem)
        if name in seen:
            yield duplicate((*path, i, "name"), name)
        seen.add(name)


def _variable_errors(variable: _Item, path: FieldPath, compiler: ExpressionCompiler) -> Iterator[FieldError]:
    name, expression = variable.get("name", ""), variable.get("expression", "")
    if not trim_space(name):
        yield required((*path, "name"), "name is not specified")
    elif not is_cel_identifier(name):
        yield invalid((*path, "name"), name, "must be a valid CEL identifier")
    if not trim_space(expression):
        yield required((*path, "expression"), "expression is not specified")
    elif refusal := compiler.variable(name, expression, (*path, "expression")):
        yield refusal


def _validation_errors(validation: _Item, path: FieldPath, compiler: ExpressionCompiler) -> Iterator[FieldError]:
    expression, message = validation.get("expression", ""), validation.get("message", "")
    if not trim_space(expression):
        yield required((*path, "expression"), "expression is not specified")
    elif refusal := compiler.validation(expression, (*path, "expression")):
        yield refusal
    message_expression = validation.get("messageExpression", "")
    if message_expression:
        place = (*path, "messageExpression")
        if not trim_space(message_expression):
            yield invalid(place, message_expression, "must be non-empty if specified")
        elif refusal := compiler.message(message_expression, place):
            yield refusal
    if message and not trim_space(message):
        yield invalid((*path, "message"), message, "must be non-empty if specified")
    elif _LINE_BREAK.search(trim_space(message)):
        yield invalid((*path, "message"), message, "must not contain line breaks")
    reason = validation.get("reason")
    if reason is not None and reason not in _REASONS:
        yield not_supported((*path, "reason"), reason, _REASONS)


def _audit_annotation_errors(
    annotations: Sequence[_Item], path: FieldPath, policy_name: str, compiler: ExpressionCompiler
) -> Iterator[FieldError]:
    if len(annotations) > MAX_AUDIT_ANNOTATIONS:
        # The server encodes its internal type here, whose fields have no JSON names.
        internal_form = [
            {"Key": each.get("key", ""), "ValueExpression": each.get("valueExpression", "")}
            for each in annotations
        ]
        yield invalid(path, internal_form, f"must not have more than {MAX_AUDIT_ANNOTATIONS} auditAnnotations")
    seen: set[str] = set()
    for i, annotation in enumerate(annotations):
        key, expression = annotation.get("key", ""), annotation.get("valueExpression", "")
        if not policy_name:
            yield invalid((*path, i, "key"), key, "requires metadata.name be non-empty")
        else:
            full_key = f"{policy_name}/{key}"
            for problem in qualified_name_problems(full_key):
                yield invalid((*path, i, "key"), full_key, problem)
        yield from _value_expression_errors(expression, (*path, i, "valueExpression"), compiler)
        if key in seen:
            yield duplicate((*path, i, "key"), key)
        seen.add(key)


def _value_expression_errors(
    expression: str, path: FieldPath, compiler: ExpressionCompiler
) -> Iterator[FieldError]:
    trimmed = trim_space(expression)
    if not trimmed:
        yield required(path, "valueExpression is not specified")
    elif size_bytes(trimmed) > MAX_VALUE_EXPRESSION_BYTES:
        yield required(path, f"must not exceed {MAX_VALUE_EXPRESSION_BYTES} bytes in length")
    elif refusal := compiler.audit_annotation(expression, path):
        yield refusal
