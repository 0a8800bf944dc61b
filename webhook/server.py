"""The HTTP servers of one process: their sockets, their end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import uvicorn

from policy_engine.errors import InputError
from webhook.health import Health

_log = logging.getLogger("polgate.server")

# The API server keeps idle connections for 90 s (client-go's transport); a server that closes them earlier makes
# it pay for a new handshake, or lose a review to a connection that closes just then.
_KEEP_ALIVE_S = 120
_BACKLOG = 2048
_LAST_ANSWERS_S = 30  # as long as the API server waits for any review


class _Server(uvicorn.Server):
    """uvicorn's server, but for signals: two of them run here, and readiness goes before either."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals alone."""
        yield


def listen(host: str, port: int) -> socket.socket:
    """Open a socket for a server. Raises: InputError where the address cannot be had."""
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        opened = socket.socket(family, socket.SOCK_STREAM)
        try:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:  # `::` then means every address, of IPv4 too
                opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            opened.bind(address)
            opened.listen(_BACKLOG)
            opened.set_inheritable(True)
        except OSError:
            opened.close()
            raise
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(
            f"cannot listen on `{host}` port {port}: {reason}", help="choose another with --host and --port"
        ) from None
    return opened


def make_server(app: Callable[..., Any], *, tls: ssl.SSLContext | None = None) -> uvicorn.Server:
    """Make a server for an application; with tls, its context may get other certificates while it is in use."""
    config = uvicorn.Config(
        app,
        lifespan="off",
        log_config=None,
        access_log=False,
        http="httptools",
        ws="none",
        proxy_headers=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_LAST_ANSWERS_S,
        backlog=_BACKLOG,
    )
    config.load()
    config.ssl = tls
    return _Server(config)


async def serve(
    servers: Sequence[tuple[uvicorn.Server, socket.socket]], health: Health, *, grace_s: float
) -> None:
    """Run servers until SIGTERM or SIGINT.

    Then readiness goes first. For grace_s the servers answer on, while those who route requests take note; then
    they take no new connections, answer what is under way, and end. A second signal ends the grace.
    """
    stop = asyncio.Event()
    hurry = asyncio.Event()

    def on_signal(name: str) -> None:
        if stop.is_set() or name == "SIGINT":
            hurry.set()
        if not stop.is_set():
            _log.info("stopping: readiness goes first, requests under way are answered", extra={"signal": name})
            health.drain()
            stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number.name)
    running = [asyncio.ensure_future(server.serve(sockets=[opened])) for server, opened in servers]
    stopped = asyncio.ensure_future(stop.wait())
    await asyncio.wait([stopped, *running], return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(hurry.wait(), grace_s)
    stopped.cancel()
    for server, _ in servers:
        server.should_exit = True
    await asyncio.gather(*running)
