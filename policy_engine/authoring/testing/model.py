"""What a policy test file says: requests, and what is wanted of the policies beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from enum import StrEnum

from policy_engine.admission.request import Operation
from policy_engine.field_paths import FieldPath
from policy_engine.records import record
from policy_engine.sources.values import JsonValue

API_VERSION = "polgate.io/v1alpha1"
KIND = "PolicyTest"


class Outcome(StrEnum):
    """What came of a request: the gravest thing that any policy had to say. In order of gravity."""

    SKIP = "skip"
    """No policy judged it: no rule or condition matched, or something was not known that a policy reads."""
    ALLOW = "allow"
    """At least one policy judged the request, and none found anything."""
    AUDIT = "audit"
    WARN = "warn"
    DENY = "deny"
    ERROR = "error"
    """An expression, a parameter or a configuration failed, whatever failurePolicy made of it."""


@record(kw_only=True)
class ObjectSource:
    """Where an object comes from: written out, read from a file, or another object with a patch.

    All absent: the object is explicitly null. base: a name under `objects`. document: 1-based, in the file.
    """

    path: FieldPath
    inline: JsonValue = None
    file: str | None = None
    document: int | None = None
    base: str | None = None
    patch: tuple[Mapping[str, JsonValue], ...] = ()
    is_variation: bool = False
    """Only a patch is given: it applies to the same object of the file's common request."""


@record(kw_only=True)
class RequestSpec:
    """A request as far as a case or the file's common part gives it; None where it does not."""

    path: FieldPath
    operation: Operation | None = None
    object: ObjectSource | None = None
    old_object: ObjectSource | None = None
    kind: Mapping[str, str] | None = None
    resource: Mapping[str, str] | None = None
    subresource: str | None = None
    namespace: str | None = None
    name: str | None = None
    namespace_labels: Mapping[str, str] | None = None
    user_info: Mapping[str, JsonValue] | None = None
    options: Mapping[str, JsonValue] | None = None
    dry_run: bool | None = None
    review: ObjectSource | None = None

    def over(self, common: RequestSpec) -> RequestSpec:
        """Fill what is not given from the file's common request. A whole review takes nothing from it."""
        if self.review is not None:
            return self
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(common, **{name: value for name, value in given.items() if value is not None})


@record(kw_only=True)
class Want:
    """One thing wanted of a verdict. What is None is not looked at.

    validation: an index into spec.validations, or the text of an expression or message.
    """

    path: FieldPath
    outcome: Outcome
    policy: str | None = None
    binding: str | None = None
    validation: int | str | None = None
    message: str | None = None
    pattern: re.Pattern[str] | None = None
    reason: str | None = None

    def describe(self) -> dict[str, str]:
        """Give what is wanted, field by field, for people."""
        shown = {
            "outcome": str(self.outcome),
            "policy": self.policy,
            "binding": self.binding,
            "validation": None if self.validation is None else str(self.validation),
            "message": self.message,
            "matching": None if self.pattern is None else self.pattern.pattern,
            "reason": self.reason,
        }
        return {name: value for name, value in shown.items() if value is not None}


@record(kw_only=True)
class Authorizer:
    """What `authorizer` answers in an expression. rules: first match wins, no match is no opinion."""

    allow_all: bool = False
    deny_all: bool = False
    rules: tuple[Mapping[str, JsonValue], ...] = ()


@record(kw_only=True)
class Case:
    """One request and what is wanted of it.

    wants: never empty; together they must cover everything that the policies find.
    policies: names of the policies that judge; None for all of the file.
    params: replace the file's, None keeps them.
    """

    name: str
    path: FieldPath
    request: RequestSpec
    wants: tuple[Want, ...]
    policies: tuple[str, ...] | None = None
    params: tuple[ObjectSource, ...] | None = None
    authorizer: Authorizer | None = None


@record(kw_only=True)
class PolicyTest:
    """One test file.

    policies: files and folders, relative to the test file, that hold policies, bindings and what they need.
    """

    policies: tuple[str, ...]
    objects: Mapping[str, ObjectSource]
    params: tuple[ObjectSource, ...]
    namespaces: tuple[ObjectSource, ...]
    request: RequestSpec
    authorizer: Authorizer | None
    kubernetes_version: str | None
    cases: tuple[Case, ...]
