"""The server started: first its sockets, so that a port in use is told at once; then one process or several."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from policy_engine.errors import PolicyEngineError
from webhook.server import listen
from webhook.settings import Settings
from webhook.workers import run_workers

FAILED = 2  # as every command: it could not do its job


def run(settings: Settings) -> int:
    """Run the server until a signal ends it.

    Gives the exit code. Raises: PolicyEngineError where it cannot start.
    """
    sockets = [listen(settings.host, settings.port)]
    try:
        if settings.admin_port is not None:
            sockets.append(listen(settings.host, settings.admin_port))
        if settings.workers == 1:
            from webhook.worker import run_worker

            run_worker(settings, sockets)
            return 0
        return run_workers(_work, settings, sockets)
    finally:
        for opened in sockets:
            opened.close()


def _work(settings: Settings, sockets: Sequence[socket.socket]) -> int:
    """Be a worker: a process that was started for it, whose errors nobody else would show."""
    import sys

    from webhook.worker import run_worker

    try:
        run_worker(settings, sockets)
    except PolicyEngineError as error:
        print(f"error: {error.message}" + (f"\nhelp: {error.help}" if error.help else ""), file=sys.stderr)
        return FAILED
    return 0
