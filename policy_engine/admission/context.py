"""What a judgement needs beside the request: namespaces, params, an authorizer. All of it is handed in."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import Protocol

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.manifests import kind_of
from policy_engine.admission.objects import object_name, object_namespace
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.cel.libraries.authz import AuthorizerBackend
from policy_engine.errors import InputError
from policy_engine.records import record


@record
class Unknown:
    """Nobody here knows; reason says what is missing. What depends on it is skipped, never guessed."""

    reason: str


class Namespaces(Protocol):
    """Where Namespace objects come from."""

    def find(self, name: str) -> JsonObject | Unknown | None:
        """Give a Namespace, None where there is none of that name, or Unknown where that cannot be told."""


class Params(Protocol):
    """Where the objects come from that bindings hand to policies."""

    def is_namespaced(self, kind: GroupVersionKind) -> bool | Unknown | None:
        """Tell the scope of a kind; None where the server knows no such kind."""

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> JsonObject | None:
        """Give one object; the namespace is empty for cluster-scoped kinds."""

    def list(self, kind: GroupVersionKind, namespace: str) -> Iterable[JsonObject]:
        """Give all objects of a kind, in one namespace unless the kind is cluster-scoped."""


@record(kw_only=True)
class Context:
    """The surroundings of a request. None stands for what these surroundings cannot tell.

    clock, deadline: with both, evaluation stops at that moment; the core reads no clock itself.
    """

    namespaces: Namespaces | None = None
    params: Params | None = None
    authorizer: AuthorizerBackend | None = None
    clock: Callable[[], float] | None = None
    deadline: float = math.inf

    def find_namespace(self, name: str) -> JsonObject | Unknown | None:
        """Give a Namespace, None where there is none, Unknown where that cannot be told."""
        if self.namespaces is None:
            return Unknown("no namespaces are known here")
        return self.namespaces.find(name)


@record
class NamespaceTable:
    """A fixed set of namespaces. complete: a name that is not in it does not exist."""

    namespaces: Mapping[str, JsonObject]
    complete: bool = True

    @classmethod
    def of(cls, documents: Iterable[JsonObject], *, complete: bool = True) -> NamespaceTable:
        """Make a table of Namespace documents."""
        return cls({object_name(document): document for document in documents}, complete)

    def find(self, name: str) -> JsonObject | Unknown | None:
        """Give a Namespace by its name."""
        found = self.namespaces.get(name)
        if found is None and not self.complete:
            return Unknown(f"namespace `{name}` is not known here")
        return found


@record
class ParamTable:
    """A fixed set of objects for params.

    scopes: kinds whose scope is known otherwise; kinds: where to look up the others.
    """

    objects: Mapping[GroupVersionKind, tuple[JsonObject, ...]]
    kinds: Kinds = BUILT_IN_KINDS
    scopes: Mapping[GroupVersionKind, bool] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        documents: Iterable[JsonObject],
        *,
        kinds: Kinds = BUILT_IN_KINDS,
        scopes: Mapping[GroupVersionKind, bool] | None = None,
    ) -> ParamTable:
        """Make a table of documents of any kinds; documents without a kind are left out."""
        objects: dict[GroupVersionKind, list[JsonObject]] = {}
        for document in documents:
            try:
                kind = kind_of(document)
            except InputError:
                continue
            objects.setdefault(kind, []).append(document)
        return cls({kind: tuple(found) for kind, found in objects.items()}, kinds, scopes or {})

    def is_namespaced(self, kind: GroupVersionKind) -> bool | Unknown | None:
        """Tell a kind's scope: as declared, as the kind's definition has it, or as its objects look."""
        declared = self.scopes.get(kind)
        if declared is not None:
            return declared
        known = self.kinds.find(kind)
        if known is not None and known.namespaced is not None:
            return known.namespaced
        found = self.objects.get(kind)
        if found is None:
            return Unknown(f"no object of kind `{kind.kind}` ({kind.api_version}) is known here")
        return any(object_namespace(document) for document in found)

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> JsonObject | None:
        """Give one object."""
        return next((d for d in self.list(kind, namespace) if object_name(d) == name), None)

    def list(self, kind: GroupVersionKind, namespace: str) -> Iterable[JsonObject]:
        """Give all objects of a kind; an empty namespace means all of them."""
        found = self.objects.get(kind, ())
        return found if not namespace else [d for d in found if object_namespace(d) == namespace]
