"""Work that goes on in the background for as long as the server runs, one thread each."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable

_log = logging.getLogger("polgate.loops")

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0


class Loop:
    """Call a step again and again in a thread of its own, until it is stopped.

    step: does the work and gives the seconds to wait before the next time. When it raises, the error is logged and
    the step tried again after a pause that doubles from half a second to half a minute, with jitter, so that
    replicas do not come back all at once.
    """

    def __init__(self, name: str, step: Callable[[], float]) -> None:
        self.name = name
        self._step = step
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._pause_s = _FIRST_PAUSE_S

    def start(self) -> None:
        """Start the thread. Its first step runs at once."""
        self._thread.start()

    @property
    def is_stopping(self) -> bool:
        """Tell whether the loop was asked to end; steps that take long look at it."""
        return self._stopping.is_set()

    def wake(self) -> None:
        """Let the next step run now."""
        self._wake.set()

    def stop(self, *, timeout_s: float = 5.0) -> None:
        """Ask the loop to end, and wait for the step under way, but not for ever."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause_s = self._try_step()
            self._wake.wait(pause_s)
            self._wake.clear()

    def _try_step(self) -> float:
        try:
            pause_s = self._step()
        except Exception as error:  # a thread that dies would leave the server deaf without a word
            if self._stopping.is_set():
                return 0.0
            pause_s = self._pause_s * random.uniform(0.8, 1.2)
            self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
            _log.warning(
                "%s failed, next try in %.1f s: %s", self.name, pause_s, error, exc_info=_unexpected(error)
            )
            return pause_s
        self._pause_s = _FIRST_PAUSE_S
        return pause_s


def _unexpected(error: Exception) -> bool:
    """Tell whether an error deserves a traceback: those that carry a message for people do not."""
    return not isinstance(error, OSError) and not hasattr(error, "help")
