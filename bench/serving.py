"""Servers as processes, on loopback, each on a processor core of its own where that is wanted."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
_START_S = 60.0
_END_S = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """A certificate for the server, and what signed it, as PEM files."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A server that answers. pid: of its first process; authority: None where it serves without TLS."""

    pid: int
    port: int
    url: str
    authority: Path | None
    log: Path

    def post(self, path: str, body: bytes) -> bytes:
        """Post a body by a new connection, and give the body of the answer, whose status has to be 200."""
        return self._ask("POST", path, body)

    def get(self, path: str) -> bytes:
        """Get a page, whose status has to be 200."""
        return self._ask("GET", path, None)

    def cpu_s(self) -> float:
        """Give the processor time that its process has taken so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")  # user and system, see proc(5)

    def _ask(self, method: str, path: str, body: bytes | None) -> bytes:
        connection = _connect(self.port, self.authority)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != http.client.OK:
                raise RuntimeError(f"{method} {path}: {answer.status} {content!r}")
            return content
        finally:
            connection.close()


@contextmanager
def polgate(
    policies: Path | None,
    *options: str,
    tls: Tls | None = None,
    core: int | None = None,
    url_option: str | None = None,
) -> Iterator[Serving]:
    """Run `polgate serve` with the policies of a folder, if any, until it is ready.

    url_option: an option that takes the server's own address. Raises: RuntimeError with the end of its log where
    it does not get ready.
    """
    named = [] if policies is None else ["--policies", str(policies)]
    with _process(
        [sys.executable, "-m", "policy_engine", "serve", *named, *options], tls, core, url_option
    ) as serving:
        yield serving


@contextmanager
def bare(app: str, *, tls: Tls | None = None, core: int | None = None) -> Iterator[Serving]:
    """Run one of the servers of `bench.bare`."""
    with _process([sys.executable, "-m", "bench.bare", app], tls, core) as serving:
        yield serving


@contextmanager
def pinned(core: int | None) -> Iterator[None]:
    """Let this process, and those that it starts meanwhile, run on one core. None: wherever they like."""
    if core is None or not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def two_cores() -> tuple[int | None, int | None]:
    """Give a core for the server and one for the load; None, None where there are not two."""
    if not hasattr(os, "sched_getaffinity") or len(os.sched_getaffinity(0)) < 2:
        return None, None
    first, second, *_ = sorted(os.sched_getaffinity(0))
    return first, second


def free_port() -> int:
    """Give a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _process(
    command: Sequence[str], tls: Tls | None, core: int | None, url_option: str | None = None
) -> Iterator[Serving]:
    port = free_port()
    url = f"{'http' if tls is None else 'https'}://{HOST}:{port}"
    command = [*command, "--port", str(port)]
    if tls is not None:
        command += ["--tls-cert", str(tls.certificate), "--tls-key", str(tls.key)]
    if url_option is not None:
        command += [url_option, url]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with log.open("wb") as output, pinned(core):
            process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        authority = None if tls is None else tls.authority
        serving = Serving(
            pid=process.pid,
            port=port,
            url=url,
            authority=authority,
            log=log,
        )
        try:
            _wait(process, serving)
            yield serving
        finally:
            _end(process)


def _wait(process: subprocess.Popen[bytes], serving: Serving) -> None:
    deadline = time.monotonic() + _START_S
    while True:
        try:
            serving.get("/readyz")
            return
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            if process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
                continue
            lines = serving.log.read_text(errors="replace").splitlines()[-20:]
            raise RuntimeError("\n".join([f"the server does not get ready: {error}", *lines])) from None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _connect(port: int, authority: Path | None) -> http.client.HTTPConnection:
    if authority is None:
        return http.client.HTTPConnection(HOST, port, timeout=30)
    context = ssl.create_default_context(cafile=str(authority))
    return http.client.HTTPSConnection(HOST, port, context=context, timeout=30)
