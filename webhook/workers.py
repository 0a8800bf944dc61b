"""Several processes that share the same sockets, and the one that keeps them alive."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.process import BaseProcess

from webhook.settings import Settings
from webhook.telemetry.multiprocess import MULTIPROCESS_VARIABLE, forget_process

_LOOK_S = 0.2
_YOUNG_S = 10.0  # a worker that ends sooner has not got as far as serving
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0

Work = Callable[[Settings, Sequence[socket.socket]], int]


def run_workers(work: Work, settings: Settings, sockets: Sequence[socket.socket]) -> int:
    """Run a function in several processes until a signal ends them. Gives the exit code.

    One that dies is replaced, after a pause that grows while they keep dying young. When the very first ones
    cannot start, everything ends with their exit code: what is wrong with one is wrong with all.
    """
    with tempfile.TemporaryDirectory(prefix="polgate-metrics-") as folder:
        os.environ[MULTIPROCESS_VARIABLE] = folder
        return _Supervisor(work, settings, sockets).run()


class _Supervisor:
    def __init__(self, work: Work, settings: Settings, sockets: Sequence[socket.socket]) -> None:
        self._work = work
        self._settings = settings
        self._sockets = sockets
        self._spawn = multiprocessing.get_context("spawn")
        self._workers: list[tuple[BaseProcess, float]] = []
        self._signal: int | None = None
        self._pause_s = _FIRST_PAUSE_S

    def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self._workers = [self._start() for _ in range(self._settings.workers)]
        failed = 0
        proven = False
        while self._signal is None and not failed:
            time.sleep(_LOOK_S)
            proven = proven or all(time.monotonic() - born > _YOUNG_S for _, born in self._workers)
            for index, (worker, born) in enumerate(self._workers):
                if worker.exitcode is None or self._signal is not None:
                    continue
                if not proven and worker.exitcode > 0:
                    failed = worker.exitcode
                    break
                self._workers[index] = self._replace(worker, born)
        self._end()
        return failed

    def _on_signal(self, number: int, frame: object) -> None:
        self._signal = number
        self._forward(number)  # a second signal is told too: it ends the grace of the first

    def _start(self) -> tuple[BaseProcess, float]:
        worker = self._spawn.Process(target=_enter, args=(self._work, self._settings, list(self._sockets)))
        worker.start()
        return worker, time.monotonic()

    def _replace(self, dead: BaseProcess, born: float) -> tuple[BaseProcess, float]:
        forget_process(dead.pid)
        lived_s = time.monotonic() - born
        self._pause_s = _FIRST_PAUSE_S if lived_s > _YOUNG_S else min(2 * self._pause_s, _LONGEST_PAUSE_S)
        print(
            f"worker {dead.pid} ended with {dead.exitcode}, another takes its place", file=sys.stderr, flush=True
        )
        until = time.monotonic() + self._pause_s
        while time.monotonic() < until and self._signal is None:
            time.sleep(_LOOK_S)
        return self._start()

    def _forward(self, number: int) -> None:
        for worker, _ in self._workers:
            if worker.pid is not None and worker.exitcode is None:
                os.kill(worker.pid, number)

    def _end(self) -> None:
        self._forward(self._signal or signal.SIGTERM)
        for worker, _ in self._workers:
            worker.join()


def _enter(work: Work, settings: Settings, sockets: Sequence[socket.socket]) -> None:
    threading.Thread(target=_end_with_supervisor, name="supervisor", daemon=True).start()
    sys.exit(work(settings, sockets))


def _end_with_supervisor() -> None:
    """End in order when the supervisor is gone, killed perhaps: nobody would replace or stop this worker again."""
    supervisor = multiprocessing.parent_process()
    if supervisor is not None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)
