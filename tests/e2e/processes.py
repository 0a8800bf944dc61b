"""Server processes that a test starts, and ends again."""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

# Below the ports that Linux gives to outgoing connections: those could take a server's port while it restarts.
PORTS = range(20000, 32000)
LOG_TAIL_LINES = 30


def free_port(host: str = "127.0.0.1") -> int:
    """Give a port that nothing listens on."""
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port on {host}")


def eventually(check: Callable[[], T | None], *, timeout_s: float = 20, every_s: float = 0.1) -> T:
    """Call until the answer is true or nothing is asserted any more, and give that answer.

    Raises:
        AssertionError: the last one of the call, or one with its last answer, when the time is over.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            answer = check()
            if answer:
                return answer
            failure = AssertionError(f"still {answer!r} after {timeout_s} s")
        except AssertionError as error:
            failure = error
        if time.monotonic() > deadline:
            raise failure
        time.sleep(every_s)


class Server:
    """A process that serves until it is told to end, with its output in a file."""

    def __init__(self, command: Sequence[str | os.PathLike[str]], *, log: Path) -> None:
        self.command = command
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def is_running(self) -> bool:
        """Say whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, is_ready: Callable[[], bool], *, timeout_s: float = 60) -> None:
        """Start the process, and wait until it serves.

        Raises:
            RuntimeError: with the end of its output, when it ends or does not serve in time.
        """
        assert not self.is_running(), f"{self.command[0]} is running already"
        with self.log.open("ab") as output:
            # In a session of its own, so that Ctrl-C reaches the tests alone, which then end it.
            self._process = subprocess.Popen(
                [*_TIED_TO_US, *self.command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={"PATH": os.environ["PATH"]},
            )
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            if not self.is_running() or time.monotonic() > deadline:
                what = f"was not ready after {timeout_s} s" if self.is_running() else "ended"
                self.kill()
                lines = self.log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:]
                raise RuntimeError("\n".join([f"{self.command[0]} {what}:", *lines]))
            time.sleep(0.05)

    def stop(self, *, timeout_s: float = 20) -> None:
        """Ask the process to end, and wait until it has; kill it when it does not in time."""
        if self._process is not None and self.is_running():
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End the process as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _tie() -> list[str]:
    # Where there is setpriv, the kernel ends the server when the tests are killed and cannot do it themselves. It
    # does so too when the thread that started the server ends: start servers from the main thread.
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []


_TIED_TO_US = _tie()
