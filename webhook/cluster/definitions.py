"""The cluster's custom resources, so that their versions are known to be the same thing."""

from __future__ import annotations

from collections.abc import Callable

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.kinds import BUILT_IN_KINDS, Kinds
from policy_engine.admission.objects import object_name
from webhook.cluster.api import ClusterClient
from webhook.cluster.paths import resource_path
from webhook.cluster.reflector import Reflector
from webhook.cluster.store import Store

_PAGE_SIZE = 25  # definitions hold schemas, up to a megabyte each


class ClusterDefinitions:
    """CustomResourceDefinitions as `kinds`.

    on_event: called at every change of a definition, also of its status: what it defines may be served just now.
    on_kinds: called when `kinds` changed. Both in the reflector's thread.
    """

    def __init__(
        self, client: ClusterClient, *, on_event: Callable[[], None], on_kinds: Callable[[], None]
    ) -> None:
        self.kinds: Kinds = BUILT_IN_KINDS
        self._store = Store()
        self._known: list[JsonObject] = []
        self._on_event = on_event
        self._on_kinds = on_kinds
        self.reflector = Reflector(
            client,
            resource_path("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
            what="custom resource definitions",
            store=self._store,
            transform=_names_only,
            on_change=self._take_over,
            page_size=_PAGE_SIZE,
        )

    def _take_over(self) -> None:
        definitions = sorted(self._store.all(), key=object_name)
        if definitions != self._known:
            self._known = definitions
            self.kinds = BUILT_IN_KINDS.with_definitions(definitions)
            self._on_kinds()
        self._on_event()


def _names_only(definition: JsonObject) -> JsonObject:
    """Keep what `Kinds` reads: a thousandth of a definition with its schemas."""
    spec = definition.get("spec") or {}
    versions = spec.get("versions") or ()
    return {
        "metadata": {"name": object_name(definition)},
        "spec": {
            "group": spec.get("group"),
            "names": {name: (spec.get("names") or {}).get(name) for name in ("kind", "plural")},
            "scope": spec.get("scope"),
            "versions": [{"name": version.get("name"), "served": version.get("served")} for version in versions],
            "conversion": {"strategy": (spec.get("conversion") or {}).get("strategy", "None")},
        },
    }
