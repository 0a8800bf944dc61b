"""What a judge is made of, in a form that travels to other processes."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.admission import Context, NamespaceTable, ParamTable, Unknown
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.objects import with_name_label
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.authoring.policy_files import LoadedPolicies, load_policies
from policy_engine.checking.judge import Judge
from policy_engine.records import record


@record(kw_only=True)
class Recipe:
    """Where policies are, and the objects that surround the manifests.

    namespaces: the later of two with one name counts. definitions: CustomResourceDefinitions.
    """

    policy_paths: tuple[str, ...]
    version: str
    namespaces: tuple[JsonObject, ...]
    definitions: tuple[JsonObject, ...]
    params: tuple[JsonObject, ...]

    def load(self) -> Judge:
        """Load the policies and make a judge. Raises: PolicyEngineError."""
        return self.make(load_policies(self.policy_paths, version=self.version))

    def make(self, loaded: LoadedPolicies) -> Judge:
        """Make a judge with policies that are loaded already."""
        policies, kinds = loaded.set, loaded.kinds
        if self.definitions:
            kinds = kinds.with_definitions(self.definitions)
            policies = policies.with_kinds(kinds)
        namespaces = (*loaded.namespaces, *map(with_name_label, self.namespaces))
        context = Context(
            namespaces=NamespaceTable.of(namespaces, complete=False),
            params=GivenParams(ParamTable.of((*loaded.params, *self.params), kinds=kinds)),
        )
        return Judge(policies, context, version=self.version)


@record
class GivenParams:
    """The params that were handed in. Of a kind that none was handed in of, nothing is known."""

    table: ParamTable

    def is_namespaced(self, kind: GroupVersionKind) -> bool | Unknown | None:
        """Tell a kind's scope, or that no param of it was given."""
        if kind not in self.table.objects:
            return Unknown(f"no {kind.kind} ({kind.api_version}) was given with --params")
        return self.table.is_namespaced(kind)

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> JsonObject | None:
        """Give one object."""
        return self.table.get(kind, namespace, name)

    def list(self, kind: GroupVersionKind, namespace: str) -> Sequence[JsonObject]:
        """Give all objects of a kind in a namespace."""
        return tuple(self.table.list(kind, namespace))
