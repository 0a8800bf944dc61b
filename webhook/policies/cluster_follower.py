"""A cluster followed: its policies come into force, and what they ask for is at hand before they do."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic, sleep

from webhook.cluster.api import ClusterClient
from webhook.cluster.cache import ClusterCache
from webhook.cluster.policies import PolicyObjects
from webhook.policies.cluster_compiler import ClusterPolicyCompiler
from webhook.policies.live import CLUSTER, LivePolicies

_log = logging.getLogger("polgate.cluster")

_PARAMS_PATIENCE_S = 5.0
_LOOK_S = 0.02


class ClusterFollower:
    """Keeps a cluster's part of what is in force up to date."""

    def __init__(
        self,
        client: ClusterClient,
        live: LivePolicies,
        *,
        bindings_selector: str,
        version: str,
        on_reload: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare. on_reload: told that policies or bindings changed and are in force."""
        self._live = live
        self._on_reload = on_reload
        self._compiler = ClusterPolicyCompiler(version)
        self._stopping = False
        self.cache = ClusterCache(
            client, bindings_selector=bindings_selector, on_policies=self._take, on_change=self._note
        )

    def start(self) -> None:
        """Start to follow."""
        self.cache.use_param_kinds(self._live.current.param_kinds())
        self._live.listen(lambda ruleset: self.cache.use_param_kinds(ruleset.param_kinds()))
        self.cache.start()

    def stop(self) -> None:
        """Stop to follow."""
        self._stopping = True
        self.cache.stop()

    def waiting_for(self) -> str | None:
        """Say what is missing before reviews can be judged as the cluster wants."""
        return None if self.cache.is_synced else "; ".join(self.cache.waiting_for()) or "the first sync"

    def _take(self, objects: PolicyObjects) -> None:
        source = self._compiler.compile(objects.policies, objects.bindings)
        bound = {binding.policy_name for binding in source.bindings}
        wanted = {policy.policy.param_kind for policy in source.policies if policy.name in bound} - {None}
        kinds = self._live.current.param_kinds() | {kind for kind in wanted if kind is not None}
        self.cache.use_param_kinds(kinds)
        self._wait_for_params()
        for problem in source.problems:
            _log.warning("in the cluster: %s", problem)
        self._live.replace(CLUSTER, source)
        self._on_reload()

    def _wait_for_params(self) -> None:
        """Let a policy come into force after its params: before, it could only fail. But not never."""
        until = monotonic() + _PARAMS_PATIENCE_S
        while not self.cache.params.is_settled and monotonic() < until and not self._stopping:
            sleep(_LOOK_S)

    def _note(self, what: str) -> None:
        if what == "kinds":
            self._live.use_kinds(self.cache.kinds)
