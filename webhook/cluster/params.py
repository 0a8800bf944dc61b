"""The objects that bindings hand to policies: every kind that policies ask for is kept at hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from policy_engine.admission.context import Unknown
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.kinds import BUILT_IN_KINDS
from policy_engine.admission.resources import GroupVersionKind
from webhook.cluster.api import ClusterClient
from webhook.cluster.discovery import ServedKind, find_served_kind
from webhook.cluster.kube_error import KubeError
from webhook.cluster.param_kind import Followed, ParamKind
from webhook.loops import Loop

_FIRST_PAUSE_S: Final = 0.5  # a kind is served a moment after its definition is there
_LONGEST_PAUSE_S: Final = 10.0
_BETWEEN_S: Final = 0.2  # while a hundred definitions are installed
_FOR_EVER_S: Final = 3600.0


class ClusterParams:
    """Params of the cluster, read without waiting.

    on_change: called when a kind became usable or stopped to be, from a thread in the background.
    """

    def __init__(self, client: ClusterClient, *, on_change: Callable[[], None]) -> None:
        self._client = client
        self._on_change = on_change
        self._lock = threading.Lock()
        self._kinds: Mapping[GroupVersionKind, ParamKind] = {}  # replaced as a whole, so that readers need no lock
        self._look_at_all = False
        self._looked_s = 0.0
        self._pause_s = _FIRST_PAUSE_S
        self._is_closed = False
        self._loop = Loop("look up params", self._look_up)

    def start(self) -> None:
        """Start to look kinds up."""
        self._loop.start()

    def close(self) -> None:
        """Ask all threads to end, without waiting for them."""
        with self._lock:
            self._is_closed = True
        for followed in self.followed:
            followed.reflector.close()

    def stop(self) -> None:
        """End all threads."""
        self.close()
        self._loop.stop(timeout_s=2.0)
        for followed in self.followed:
            followed.reflector.stop()

    def use_kinds(self, kinds: Iterable[GroupVersionKind]) -> None:
        """Follow exactly these kinds: those that the policies in force ask for."""
        wanted = frozenset(kinds)
        with self._lock:
            known = self._kinds
            self._kinds = {kind: known.get(kind) or ParamKind(kind, self._on_change) for kind in wanted}
            self._pause_s = _FIRST_PAUSE_S
        for kind, dropped in known.items():
            if kind not in wanted and isinstance(dropped.state, Followed):
                dropped.state.reflector.close()
        self._loop.wake()

    def look_again(self) -> None:
        """Look up again what may be served now, or elsewhere: definitions changed."""
        with self._lock:
            self._look_at_all = True
            self._pause_s = _FIRST_PAUSE_S
        self._loop.wake()

    def is_namespaced(self, kind: GroupVersionKind) -> bool | Unknown | None:
        """Tell the scope of a kind.

        None where the cluster serves no such kind; Unknown before its objects are here.
        """
        found = self._kinds.get(kind)
        return found.scope() if found is not None else Unknown(f"params of kind `{kind.kind}` are not followed")

    def get(self, kind: GroupVersionKind, namespace: str, name: str) -> JsonObject | None:
        """Give one object; the namespace is empty for cluster-scoped kinds."""
        found = self._kinds.get(kind)
        state = found.state if found is not None else None
        return state.store.find(namespace, name) if isinstance(state, Followed) else None

    def list(self, kind: GroupVersionKind, namespace: str) -> Iterable[JsonObject]:
        """Give all objects of a kind in a namespace; the namespace is empty for cluster-scoped kinds."""
        found = self._kinds.get(kind)
        state = found.state if found is not None else None
        return state.store.in_namespace(namespace) if isinstance(state, Followed) else ()

    @property
    def is_settled(self) -> bool:
        """Tell whether every kind was tried.

        One that may not be read makes its policies fail, which their failurePolicy judges. It must not keep the
        server from being ready for others.
        """
        return all(found.is_settled for found in self._kinds.values())

    def waiting_for(self) -> Iterable[str]:
        """Name the kinds whose objects are not here, with the reason."""
        for found in self._kinds.values():
            scope = found.scope()
            if isinstance(scope, Unknown):
                yield f"{scope.reason}: {found.problem}" if found.problem else scope.reason

    @property
    def followed(self) -> tuple[Followed, ...]:
        """Give the kinds that are served, with what follows them."""
        states = [found.state for found in self._kinds.values()]
        return tuple(state for state in states if isinstance(state, Followed))

    def _look_up(self) -> float:
        too_soon_s = self._looked_s + _BETWEEN_S - time.monotonic()
        if too_soon_s > 0:
            return too_soon_s
        with self._lock:
            at_all, self._look_at_all = self._look_at_all, False
            kinds = self._kinds
        for kind, found in kinds.items():
            # Kubernetes' own kinds do not come and go with definitions.
            if found.is_missing or (at_all and BUILT_IN_KINDS.find(kind) is None):
                self._look_up_one(found)
        self._looked_s = time.monotonic()
        if not any(found.is_missing for found in kinds.values()):
            return _FOR_EVER_S
        with self._lock:
            pause_s = self._pause_s
            self._pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
        return pause_s

    def _look_up_one(self, found: ParamKind) -> None:
        try:
            served = find_served_kind(self._client, found.kind)
        except KubeError as error:
            found.lookup_problem = error.message
            return  # what is known stays known: a server behind an APIService may be away for a moment
        found.lookup_problem = None
        state = found.state
        if isinstance(state, Followed) and state.served == served:
            state.reflector.look_again()
        elif served is not None or state is not None:
            self._move(found, served)

    def _move(self, found: ParamKind, served: ServedKind | None) -> None:
        """Follow a kind where it is served now, if it is."""
        before = found.state
        after = found.follow(self._client, served) if served is not None else None
        with self._lock:
            if self._is_closed or self._kinds.get(found.kind) is not found:
                return  # nobody wants it any more
            found.state = after
        if isinstance(before, Followed):
            before.reflector.stop()
        if after is not None:
            after.reflector.start()
        found.tell()
