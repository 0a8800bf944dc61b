"""A case's request, made as the API server would be asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from policy_engine.admission.context import Context, NamespaceTable, ParamTable
from policy_engine.admission.manifests import request_from_manifest
from policy_engine.admission.objects import with_name_label
from policy_engine.admission.reading import read_request, read_user
from policy_engine.admission.request import AdmissionRequest, Operation
from policy_engine.authoring.fields import Problem
from policy_engine.authoring.policy_files import LoadedPolicies
from policy_engine.authoring.testing.authorizers import make_authorizer
from policy_engine.authoring.testing.model import Case, ObjectSource, PolicyTest, RequestSpec
from policy_engine.authoring.testing.objects import Objects
from policy_engine.errors import InputError
from policy_engine.sources.values import JsonObject


class RequestMaker:
    """Makes the requests of one test file. Notes in `problems` what cannot be made, and gives None for it."""

    def __init__(
        self, test: PolicyTest, policies: LoadedPolicies, objects: Objects, problems: list[Problem]
    ) -> None:
        self._test = test
        self._policies = policies
        self._objects = objects
        self._problems = problems

    def request(self, case: Case) -> AdmissionRequest | None:
        """Make a case's request."""
        spec = case.request.over(self._test.request)
        if spec.review is not None:
            return self._from_review(spec, spec.review)
        known = len(self._problems)
        object_, old = self._object(spec.object, "object"), self._object(spec.old_object, "old_object")
        if len(self._problems) > known:
            return None
        if spec.operation is Operation.DELETE and old is None:
            # The object that is deleted is the stored one: with a common object, `operation: DELETE` says enough.
            object_, old = None, object_
        if not self._fits(spec, object_, old):
            return None
        return self._finish(spec, object_, old)

    def context(self, case: Case, request: AdmissionRequest) -> Context:
        """Give a case's surroundings. What the test file does not tell stays unknown."""
        kinds = self._policies.kinds
        params = self._test.params if case.params is None else case.params
        authorizer = case.authorizer or self._test.authorizer
        return Context(
            namespaces=NamespaceTable.of(self._namespaces(case, request), complete=False),
            params=ParamTable.of([*self._made(params), *self._policies.params], kinds=kinds),
            authorizer=None if authorizer is None else make_authorizer(authorizer),
        )

    def _object(self, source: ObjectSource | None, name: str) -> JsonObject | None:
        return None if source is None else self._objects.make(source, common=getattr(self._test.request, name))

    def _made(self, sources: tuple[ObjectSource, ...]) -> list[JsonObject]:
        return [made for source in sources if (made := self._objects.make(source)) is not None]

    def _namespaces(self, case: Case, request: AdmissionRequest) -> list[JsonObject]:
        made = map(with_name_label, self._made(self._test.namespaces))
        namespaces = [*self._policies.namespaces, *made]
        spec = case.request.over(self._test.request)
        labels = spec.namespace_labels
        if labels is not None and request.namespace:
            namespaces.append(_namespace(request.namespace, labels))
        return namespaces

    def _fits(self, spec: RequestSpec, object_: JsonObject | None, old: JsonObject | None) -> bool:
        """Check that operation and objects belong together, as they always do in a cluster."""
        problem = _misfit(spec.operation, object_ is not None, old is not None)
        if problem:
            self._note(spec, problem)
        return not problem

    def _finish(
        self, spec: RequestSpec, object_: JsonObject | None, old: JsonObject | None
    ) -> AdmissionRequest | None:
        try:
            made = request_from_manifest(object_, old, kinds=self._policies.kinds)
            user = None if spec.user_info is None else read_user(spec.user_info)
        except InputError as error:
            self._note(spec, error.message)
            return None
        options = None if spec.options is None else dict(spec.options)
        changed = _overrides(spec, made)
        return replace(made, user=user, options=options, dry_run=bool(spec.dry_run), **changed)

    def _from_review(self, spec: RequestSpec, source: ObjectSource) -> AdmissionRequest | None:
        known = len(self._problems)
        review = self._objects.make(source, common=self._test.request.review)
        if review is None and len(self._problems) > known:
            return None
        asked = None if review is None else review.get("request")
        if review is None or review.get("kind") != "AdmissionReview" or not isinstance(asked, dict):
            self._note(spec, "`review`: expected an AdmissionReview with a `request`")
            return None
        try:
            return read_request(asked)
        except InputError as error:
            self._note(spec, f"`review`: {error.message}")
            return None

    def _note(self, spec: RequestSpec, message: str) -> None:
        self._problems.append(Problem(path=spec.path, message=message))


def _misfit(operation: Operation | None, has_object: bool, has_old: bool) -> str:
    match operation:
        case Operation.CREATE if has_old:
            return "a CREATE has no oldObject"
        case Operation.CREATE | Operation.CONNECT if not has_object:
            return f"a {operation} needs an object"
        case Operation.UPDATE if not (has_object and has_old):
            return "an UPDATE needs an object and an oldObject"
        case Operation.DELETE if has_object:
            return "a DELETE has no object, only an oldObject"
        case _ if not (has_object or has_old):
            return "the request has no object"
    return ""


def _overrides(spec: RequestSpec, made: AdmissionRequest) -> dict[str, Any]:
    """Give the fields that the case says itself; what was asked for follows what is judged."""
    changed: dict[str, Any] = {}
    if spec.operation is not None:
        changed["operation"] = spec.operation
    if spec.kind is not None:
        kind = made.kind._replace(**spec.kind)
        changed |= {"kind": kind, "request_kind": kind}
    if spec.resource is not None:
        resource = made.resource._replace(**spec.resource)
        changed |= {"resource": resource, "request_resource": resource}
    if spec.subresource is not None:
        changed |= {"subresource": spec.subresource, "request_subresource": spec.subresource}
    if spec.namespace is not None:
        changed["namespace"] = spec.namespace
    if spec.name is not None:
        changed["name"] = spec.name
    return changed


def _namespace(name: str, labels: Mapping[str, str]) -> JsonObject:
    metadata: JsonObject = {"name": name, "labels": dict(labels)}
    return with_name_label({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
