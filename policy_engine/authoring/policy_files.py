"""Policies from files of any origin: with their bindings, and with the objects that lie beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import TypeVar

from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.model import BINDING_KIND, POLICY_KIND, Binding, Policy
from policy_engine.admission.objects import with_name_label
from policy_engine.admission.policy_set import PolicySet
from policy_engine.authoring.files import BrokenFiles, mistake_of
from policy_engine.authoring.lint import is_policy, lint
from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.policy_info import PolicyInfo, info_of
from policy_engine.errors import PolicyError
from policy_engine.records import record
from policy_engine.sources.document import Broken, Document
from policy_engine.sources.files import read_paths
from policy_engine.sources.reading import DocumentReader, Entry
from policy_engine.sources.values import JsonObject

_Decoded = TypeVar("_Decoded", Policy, Binding)

_DEFINITION_KIND = "CustomResourceDefinition"
_TEST_KIND = "PolicyTest"
_NAMESPACE = ("v1", "Namespace")


class NoPolicies(PolicyError):
    """Say that none of the paths holds a policy: whoever judges nothing would find nothing wrong."""

    def __init__(self, paths: Iterable[str], *, what: str = POLICY_KIND) -> None:
        names = ", ".join(f"`{path}`" for path in paths)
        super().__init__(f"no {what} found in {names}", help="name files or folders that hold some")


@record(kw_only=True)
class LoadedPolicies:
    """Policies ready to judge, at least one. Those without a binding are bound to everything, with Deny.

    namespaces, params, definitions: objects that lie beside the policies; Namespaces with the label that the
        server adds.
    about: what the policies say of themselves, in their order.
    """

    set: PolicySet
    kinds: Kinds
    namespaces: tuple[JsonObject, ...]
    params: tuple[JsonObject, ...]
    definitions: tuple[JsonObject, ...] = ()
    about: tuple[PolicyInfo, ...] = ()

    def with_kinds(self, kinds: Kinds) -> LoadedPolicies:
        """Give a copy for which other kinds are known, such as custom resources."""
        return replace(self, kinds=kinds, set=self.set.with_kinds(kinds))


@dataclass(slots=True)
class _Sorted:
    policies: list[Policy] = field(default_factory=list)
    about: list[PolicyInfo] = field(default_factory=list)
    bindings: list[Binding] = field(default_factory=list)
    definitions: list[JsonObject] = field(default_factory=list)
    namespaces: list[JsonObject] = field(default_factory=list)
    params: list[JsonObject] = field(default_factory=list)


def load_policies(paths: Collection[str], *, version: str) -> LoadedPolicies:
    """Load policies from files and folders.

    Raises: BrokenFiles where a file cannot be read, or the API server would refuse a policy or binding; NoPolicies
    where there is none.
    """
    return load_entries(read_paths(paths, DocumentReader()), version=version, searched=paths)


def load_entries(entries: Iterable[Entry], *, version: str, searched: Collection[str]) -> LoadedPolicies:
    """Load policies from what was read, wherever it comes from.

    searched: names of the places that were looked in, for people.

    Raises: as `load_policies`.
    """
    documents = _documents(entries)
    findings = lint(documents, version=version)
    if findings:
        raise BrokenFiles(finding.mistake for finding in findings)
    sorted_ = _sort(documents)
    if not sorted_.policies:
        raise NoPolicies(searched)
    kinds = BUILT_IN_KINDS.with_definitions(sorted_.definitions)
    compiled = PolicySet.compile(sorted_.policies, sorted_.bindings, version=version, kinds=kinds)
    return LoadedPolicies(
        set=compiled.bind_unbound(),
        kinds=kinds,
        namespaces=tuple(sorted_.namespaces),
        params=tuple(sorted_.params),
        definitions=tuple(sorted_.definitions),
        about=tuple(sorted_.about),
    )


def _documents(entries: Iterable[Entry]) -> list[Document]:
    documents: list[Document] = []
    broken: list[Mistake] = []
    for entry in entries:
        if isinstance(entry, Broken):
            broken.append(mistake_of(entry))
        elif isinstance(entry, Document):
            documents.append(entry)
    if broken:
        raise BrokenFiles(broken)
    return documents


def _sort(documents: Iterable[Document]) -> _Sorted:
    sorted_ = _Sorted()
    for document in documents:
        if is_policy(document) and document.kind == POLICY_KIND:
            sorted_.policies.append(_decoded(Policy.decode, document))
            sorted_.about.append(info_of(document))
        elif is_policy(document) and document.kind == BINDING_KIND:
            sorted_.bindings.append(_decoded(Binding.decode, document))
        elif document.kind == _DEFINITION_KIND:
            sorted_.definitions.append(document.value)
        elif (document.api_version, document.kind) == _NAMESPACE:
            sorted_.namespaces.append(with_name_label(document.value))
        elif document.kind != _TEST_KIND:
            sorted_.params.append(document.value)
    return sorted_


def _decoded(decode: Callable[[JsonObject], _Decoded], document: Document) -> _Decoded:
    try:
        return decode(document.value)
    except PolicyError as error:
        place = document.start()
        raise BrokenFiles(
            [Mistake(path=document.path, line=place.line, column=place.column, message=error.message)]
        ) from None
