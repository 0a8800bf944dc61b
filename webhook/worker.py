"""One process of the server, put together: policies, what surrounds them, reviews, and whoever watches."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property

import uvloop

from webhook.app import Front, admin_app, bare_app
from webhook.certificates.identity import Identity
from webhook.cluster.api import ClusterClient
from webhook.health import Health
from webhook.loops import Loop
from webhook.policies.cluster_follower import ClusterFollower
from webhook.policies.directory import PolicyDirectory
from webhook.policies.live import CLUSTER, DIRECTORY, LivePolicies
from webhook.registration.keeper import Keeper
from webhook.registration.wiring import make_keeper
from webhook.reviews.cluster_surroundings import ClusterSurroundings
from webhook.reviews.endpoint import ReviewEndpoint
from webhook.reviews.judging import Reviewer
from webhook.reviews.surroundings import FileSurroundings, Surroundings
from webhook.server import make_server, serve
from webhook.settings import ApiAccess, Registration, Settings, TlsFiles, TlsSecret
from webhook.telemetry.logs import set_up_logging
from webhook.telemetry.metrics import Metrics
from webhook.telemetry.observers import Observers
from webhook.telemetry.tracing import tracer_from_environment

_log = logging.getLogger("polgate.server")

# While policies are compiled in a thread, reviews get their turn after a millisecond, not after Python's five.
_SWITCH_INTERVAL_S = 0.001
_METRICS_PAUSE_S = 1.0


def run_worker(settings: Settings, sockets: Sequence[socket.socket]) -> None:
    """Run until a signal ends it.

    sockets: for reviews, and for everything else where that has a port of its own. Raises: PolicyEngineError where
    it cannot start.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    with ExitStack() as cleaning:
        worker = _Worker(settings, cleaning)
        worker.start()
        uvloop.run(worker.serve(sockets))


class _Worker:
    """The parts of a process. Each part puts what ends it on the stack, so that they end in reverse order."""

    def __init__(self, settings: Settings, cleaning: ExitStack) -> None:
        self._settings = settings
        self._cleaning = cleaning
        self._metrics = Metrics()
        writer = set_up_logging(
            level=settings.log_level, as_json=settings.log_as_json, on_loss=self._metrics.lost_logs.inc
        )
        cleaning.callback(writer.stop)
        self._health = Health()
        self._live = LivePolicies()
        self._live.listen(self._metrics.forget)
        self._follower: ClusterFollower | None = None
        self._identity: Identity | None = None
        self._keeper: Keeper | None = None

    def start(self) -> None:
        """Start everything that goes on beside reviews."""
        if self._settings.policies:
            self._follow_directory()
        surroundings: Surroundings = FileSurroundings()
        if self._settings.bindings_selector is not None:
            surroundings = self._follow_cluster(self._settings.bindings_selector)
        if self._settings.tls is not None:
            self._show_identity(self._settings.tls, self._settings.registration)
        self._reviewer = Reviewer(self._live, surroundings, on_fault=self._metrics.fault)
        self._cleaning.callback(self._reviewer.close)
        self._loop("metrics", self._report)

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        """Answer until a signal comes."""
        tracer = tracer_from_environment()
        if tracer is not None:
            self._cleaning.callback(tracer.close)
        endpoint = ReviewEndpoint(
            self._reviewer,
            Observers(self._metrics, tracer),
            health=self._health,
            max_body_bytes=self._settings.max_body_bytes,
        )
        admin = admin_app(self._health, self._live, self._metrics.text)
        tls = None if self._identity is None else self._identity.tls.context
        has_own_port = len(sockets) > 1
        front = Front(endpoint, bare_app() if has_own_port else admin)
        servers = [(make_server(front, tls=tls), sockets[0])]
        if has_own_port:
            servers.append((make_server(admin), sockets[1]))
        # What is loaded by now stays: no need to look through it for garbage again and again.
        gc.collect()
        gc.freeze()
        await serve(servers, self._health, grace_s=self._settings.shutdown_grace_s)

    @cached_property
    def _api(self) -> ClusterClient:
        access = self._settings.api or ApiAccess()
        client = ClusterClient.connect(kubeconfig=access.kubeconfig, kube_context=access.kube_context)
        self._cleaning.callback(client.close)
        return client

    def _follow_directory(self) -> None:
        directory = PolicyDirectory(
            self._settings.policies,
            self._live,
            version=self._settings.kube_version,
            may_be_empty=self._settings.bindings_selector is not None,
            on_reload=lambda taken: self._metrics.reloaded(DIRECTORY, taken),
        )
        directory.load()
        self._loop("policies", directory.look)

    def _follow_cluster(self, selector: str) -> Surroundings:
        follower = ClusterFollower(
            self._api,
            self._live,
            bindings_selector=selector,
            version=self._settings.kube_version,
            on_reload=lambda: self._metrics.reloaded(CLUSTER, True),
        )
        self._follower = follower
        self._health.require(follower.waiting_for)
        follower.start()
        self._cleaning.callback(follower.stop)
        return ClusterSurroundings(follower.cache)

    def _show_identity(self, tls: TlsFiles | TlsSecret, registration: Registration | None) -> None:
        # Certificates change only as API servers are told of them, and these are told what certificates need.
        identity = Identity(tls, lambda: self._api, is_known=lambda pem: keeper is None or keeper.is_known(pem))
        keeper = (
            None
            if registration is None
            else make_keeper(registration, self._api, identity.source, is_ready=lambda: self._health.is_ready)
        )
        self._identity, self._keeper = identity, keeper
        self._health.require(identity.waiting_for)
        if keeper is not None:
            identity.source.listen(keeper.wake)
        identity.start()
        self._cleaning.callback(identity.stop)
        if keeper is not None:
            keeper.use(self._live.current.everything)
            self._live.listen(lambda ruleset: keeper.use(ruleset.everything))
            keeper.start()
            self._cleaning.callback(keeper.stop)

    def _report(self) -> float:
        """Set the metrics that nothing else sets when it changes."""
        metrics = self._metrics
        metrics.flush()
        metrics.ready.set(self._health.is_ready)
        metrics.sources(
            {name: (len(source.policies), source.fault_count()) for name, source in self._live.sources.items()}
        )
        if self._follower is not None:
            metrics.ages(self._follower.cache.ages())
        if self._identity is not None:
            metrics.certificates(self._identity.days_left())
        if self._keeper is not None:
            metrics.registered.set(self._keeper.status.registered)
        return _METRICS_PAUSE_S

    def _loop(self, name: str, step: Callable[[], float]) -> None:
        loop = Loop(name, step)
        loop.start()
        self._cleaning.callback(loop.stop)
