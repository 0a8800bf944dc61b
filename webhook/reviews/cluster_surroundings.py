"""A review's view of a cluster: its caches, and behind them what lies beside the policies in files."""

from __future__ import annotations

from collections.abc import Iterable
from time import monotonic

from policy_engine.admission.context import Namespaces, Params, ParamTable, Unknown
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.objects import object_name, object_namespace
from policy_engine.admission.resources import GroupVersionKind
from policy_engine.records import record
from webhook.cluster.cache import ClusterCache
from webhook.cluster.namespaces import ClusterNamespaces
from webhook.policies.ruleset import Ruleset
from webhook.reviews.surroundings import Deferred, View

_PATIENCE_S = 2.0  # with a Namespace whose request came before the news of it, which takes milliseconds


class ClusterSurroundings:
    """Views of a cluster. A review makes no call to the API server, but for what policies ask the authorizer."""

    def __init__(self, cache: ClusterCache) -> None:
        self._cache = cache
        self._quick_namespaces = _Impatient(cache.namespaces)
        self._quick_authorizer = cache.authorizer.cached(Deferred)

    def quick(self, ruleset: Ruleset) -> View:
        """Give what is at hand."""
        return View(self._quick_namespaces, self._params(ruleset), self._quick_authorizer)

    def patient(self, ruleset: Ruleset, deadline: float) -> View:
        """Give the same with patience: for a new Namespace to arrive, for the authorizer to answer."""
        until = min(deadline, monotonic() + _PATIENCE_S)
        return View(_Patient(self._cache.namespaces, until), self._params(ruleset), self._cache.authorizer)

    def _params(self, ruleset: Ruleset) -> Params:
        files = ruleset.params
        return _LayeredParams(self._cache.params, files) if files.objects else self._cache.params


@record
class _Impatient:
    namespaces: Namespaces

    def find(self, name: str) -> JsonObject | Unknown | None:
        found = self.namespaces.find(name)
        if isinstance(found, Unknown):
            raise Deferred
        return found


@record
class _Patient:
    namespaces: ClusterNamespaces
    until: float

    def find(self, name: str) -> JsonObject | Unknown | None:
        found = self.namespaces.wait_for(name, self.until)
        return self.namespaces.find(name) if found is None else found


@record
class _LayeredParams:
    """Objects of a cluster, and behind them those of files."""

    front: Params
    back: ParamTable

    def is_namespaced(self, kind: GroupVersionKind) -> bool | Unknown | None:
        found = self.front.is_namespaced(kind)
        if found is None and kind in self.back.objects:  # no such kind in the cluster, but in a file
            return self.back.is_namespaced(kind)
        return found

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> JsonObject | None:
        found = self.front.get(kind, namespace, name)
        return self.back.get(kind, namespace, name) if found is None else found

    def list(self, kind: GroupVersionKind, namespace: str) -> Iterable[JsonObject]:
        """Give all of a kind; an object of the cluster hides its namesake in a file."""
        found = {_key(param): param for param in self.back.list(kind, namespace)}
        found.update((_key(param), param) for param in self.front.list(kind, namespace))
        return found.values()


def _key(param: JsonObject) -> tuple[str, str]:
    return object_namespace(param), object_name(param)
