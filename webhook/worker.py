"""One process of the server, put together: policies, what surrounds them, reviews, and whoever watches."""

from __future__ import annotations

import gc
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import ExitStack

import uvloop

from webhook.app import Front, admin_app
from webhook.health import Health
from webhook.logs import set_up_logging
from webhook.loops import Loop
from webhook.metrics import Metrics
from webhook.observing import Observers
from webhook.policies.directory import PolicyDirectory
from webhook.policies.live import DIRECTORY, LivePolicies
from webhook.reviews.endpoint import ReviewEndpoint
from webhook.reviews.judging import Reviewer
from webhook.server import make_server, serve
from webhook.settings import Settings
from webhook.surroundings import FileSurroundings
from webhook.tracing import tracer_from_environment

_log = logging.getLogger("polgate.server")

# While policies are compiled in a thread, reviews get their turn after a millisecond, not after Python's five.
_SWITCH_INTERVAL_S = 0.001
_METRICS_PAUSE_S = 1.0


def run_worker(settings: Settings, sockets: Sequence[socket.socket]) -> None:
    """Run until a signal ends it. sockets: for reviews, and for everything else where that has a port of its own.

    Raises: PolicyEngineError where it cannot start.
    """
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    with ExitStack() as cleaning:
        worker = _Worker(settings, cleaning)
        uvloop.run(worker.serve(sockets))


class _Worker:
    """The parts of a process. Each part puts what ends it on the stack."""

    def __init__(self, settings: Settings, cleaning: ExitStack) -> None:
        self._settings = settings
        self._cleaning = cleaning
        self._metrics = Metrics()
        self._log_writer = set_up_logging(
            level=settings.log_level, as_json=settings.log_as_json, on_loss=self._metrics.lost_logs.inc
        )
        cleaning.callback(self._log_writer.stop)
        self._health = Health()
        self._live = LivePolicies()
        self._live.listen(self._metrics.forget)
        self._surroundings = FileSurroundings()
        self._follow_directory()
        self._loop("metrics", self._report)

    async def serve(self, sockets: Sequence[socket.socket]) -> None:
        reviewer = Reviewer(self._live, self._surroundings, on_fault=self._metrics.fault)
        self._cleaning.callback(reviewer.close)
        tracer = tracer_from_environment()
        if tracer is not None:
            self._cleaning.callback(tracer.close)
        endpoint = ReviewEndpoint(
            reviewer,
            Observers(self._metrics, tracer),
            max_body_bytes=self._settings.max_body_bytes,
            is_draining=lambda: self._health.is_draining,
        )
        admin = admin_app(self._health, self._live, self._metrics.text)
        servers = [(make_server(Front(endpoint, admin)), sockets[0])]
        if len(sockets) > 1:
            servers.append((make_server(admin), sockets[1]))
        # What is loaded by now stays: no need to look through it for garbage again and again.
        gc.collect()
        gc.freeze()
        await serve(servers, self._health, grace_s=self._settings.shutdown_grace_s)

    def _follow_directory(self) -> None:
        settings = self._settings
        if not settings.policies:
            return
        directory = PolicyDirectory(
            settings.policies,
            self._live,
            version=settings.kube_version,
            may_be_empty=settings.cluster is not None,
            on_reload=lambda taken: self._metrics.reloaded(DIRECTORY, taken),
        )
        directory.load()
        self._loop("policies", directory.look)

    def _report(self) -> float:
        """Set the metrics that nothing else sets when it changes."""
        self._metrics.ready.set(self._health.is_ready)
        self._metrics.sources(
            {name: (len(source.policies), len(source.problems)) for name, source in self._live.sources.items()}
        )
        return _METRICS_PAUSE_S

    def _loop(self, name: str, step: object) -> None:
        loop = Loop(name, step)  # type: ignore[arg-type]
        loop.start()
        self._cleaning.callback(loop.stop)
