"""All that is known of the cluster, kept up to date from start to stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from policy_engine.admission.kinds import Kinds
from policy_engine.admission.resources import GroupVersionKind
from webhook.cluster.api import ClusterClient
from webhook.cluster.authorizer import ClusterAuthorizer
from webhook.cluster.definitions import ClusterDefinitions
from webhook.cluster.namespaces import ClusterNamespaces
from webhook.cluster.params import ClusterParams
from webhook.cluster.policies import ClusterPolicies, PolicyObjects
from webhook.cluster.reflector import Reflector


class ClusterCache:
    """What policies need to know of a cluster, for any number of threads that read it.

    bindings_selector: of the labels of the bindings that count; empty for all.
    on_policies: called with each new state of policies and bindings, from a thread of its own. It is the place to
    call `use_param_kinds`.
    on_change: called with what changed beside them, `kinds` or `params`, from a thread in the background; what it
    does must be quick. `params` means that a kind became usable or stopped to be, not that an object changed.
    """

    def __init__(
        self,
        client: ClusterClient,
        *,
        bindings_selector: str = "",
        on_policies: Callable[[PolicyObjects], None],
        on_change: Callable[[str], None],
    ) -> None:
        self._client = client
        self._is_synced = False
        self.authorizer = ClusterAuthorizer(client)
        self.namespaces = ClusterNamespaces(client)
        self.params = ClusterParams(client, on_change=lambda: on_change("params"))
        self._definitions = ClusterDefinitions(
            client, on_event=self.params.look_again, on_kinds=lambda: on_change("kinds")
        )
        self._policies = ClusterPolicies(client, bindings_selector=bindings_selector, on_policies=on_policies)

    @property
    def kinds(self) -> Kinds:
        """Give the kinds that the cluster serves, custom resources included."""
        return self._definitions.kinds

    def start(self) -> None:
        """Start to follow the cluster, in threads of its own."""
        self.namespaces.reflector.start()
        self._definitions.reflector.start()
        self.params.start()
        self._policies.start()

    def stop(self) -> None:
        """Stop to follow the cluster. What is known can still be read."""
        self.namespaces.close()
        for reflector in self._core:  # all at once, then one after the other
            reflector.close()
        self.params.close()
        self._policies.stop()
        self.params.stop()
        for reflector in self._core:
            reflector.stop(timeout_s=0.5)

    def use_param_kinds(self, kinds: Iterable[GroupVersionKind]) -> None:
        """Follow exactly these kinds of params: those that the policies in force ask for."""
        self.params.use_kinds(kinds)

    @property
    def is_synced(self) -> bool:
        """Tell whether all was here once: everything listed, policies handed on, their params tried.

        Stays true: an old state is better than none, `ages` says how old it is.
        """
        if not self._is_synced:
            self._is_synced = (
                all(reflector.is_synced for reflector in self._core)
                and self._policies.is_delivered
                and self.params.is_settled
            )
        return self._is_synced

    def waiting_for(self) -> tuple[str, ...]:
        """Say what is not here yet, and why; also after the first sync, where a new kind of params is missing."""
        return tuple(self._waiting_for())

    def ages(self) -> Mapping[str, float]:
        """Tell for each collection how many seconds ago it was last known to be current, see `Reflector.age_s`."""
        followed = (found.reflector for found in self.params.followed)
        return {reflector.what: reflector.age_s() for reflector in (*self._core, *followed)}

    def problems(self) -> Mapping[str, str]:
        """Say for each collection that cannot be followed at the moment why that is so."""
        followed = (found.reflector for found in self.params.followed)
        reflectors = (*self._core, *followed)
        return {found.what: problem for found in reflectors if (problem := found.problem) is not None}

    @property
    def _core(self) -> tuple[Reflector, ...]:
        return (self.namespaces.reflector, self._definitions.reflector, *self._policies.reflectors)

    def _waiting_for(self) -> Iterable[str]:
        for reflector in self._core:
            if not reflector.is_synced:
                yield f"{reflector.what} are not listed yet" + (
                    f": {reflector.problem}" if reflector.problem else ""
                )
        if all(reflector.is_synced for reflector in self._policies.reflectors) and not self._policies.is_delivered:
            yield "policies are not loaded yet"
        yield from self.params.waiting_for()
