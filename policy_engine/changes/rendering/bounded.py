"""A program run within bounds of time, memory and output, on its own and away from the network."""

from __future__ import annotations

import json
import math
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from policy_engine.changes.rendering.codes import RenderingCode, RenderingError
from policy_engine.records import record

_WORKER = str(Path(__file__).with_name("worker.py"))
_ERROR_BYTES = 32 * 1024  # what is kept of the start of what a program says is wrong, and of its end
_READ_BYTES = 64 * 1024
_PROCESSORS = 2  # for one program: its collector of garbage takes all there are otherwise
_LOOK_S = 0.02  # how often we look at what a program holds: until then one takes some tens of MB at most
_NOWHERE = "http://127.0.0.1:9"  # RFC 863, discard: nothing listens there

# How Go and Python say that there is no more memory, or that no more may be taken.
_OUT_OF_MEMORY = (
    "out of memory",
    "cannot allocate memory",
    "failed to reserve",
    "pthread_create failed",
    "MemoryError",
    "can't start new thread",
)


@record(kw_only=True)
class Bounds:
    """What one rendering may take."""

    timeout_s: float
    memory_mb: int
    output_bytes: int


@record(kw_only=True)
class Task:
    """What the process does: become a program, or render as a request says with a package in a folder.

    program: with its arguments, the first an absolute path; or empty. request: a file.
    """

    program: Sequence[str] = ()
    request: str = ""
    site: str = ""


@record(kw_only=True)
class Ended:
    """What a program wrote before it ended by itself."""

    status: int
    output: bytes
    errors: str


class _Errors:
    """The start and the end of what a program says is wrong.

    The crash of a Go program begins with its cause, and pages of addresses follow; a template that includes itself
    ends with the cause, and thousands of templates come before.
    """

    def __init__(self) -> None:
        self._start = bytearray()
        self._end = bytearray()
        self._gap = b""

    def add(self, data: bytes) -> None:
        room = _ERROR_BYTES - len(self._start)
        self._start += data[:room]
        self._end += data[room:]
        if len(self._end) > _ERROR_BYTES:
            del self._end[:-_ERROR_BYTES]
            self._gap = "\n…\n".encode()

    def text(self) -> str:
        return (self._start + self._gap + self._end).decode(errors="replace")


def run(task: Task, folder: str, home: str, bounds: Bounds) -> Ended:
    """Run a task in a folder.

    home: an empty folder that it may write to.
    Raises: RenderingError where it takes more time, memory or output than it may.
    """
    settings = {
        "memory_mb": bounds.memory_mb,
        "cpu_s": math.ceil(bounds.timeout_s) * _PROCESSORS + 1,
        "program": list(task.program),
        "request": task.request,
        "site": task.site,
    }
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", "-B", _WORKER, json.dumps(settings)],
        cwd=folder,
        env=_environment(home, bounds),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        ended = _watch(process, bounds)
    finally:
        _end(process)
    _check(ended, bounds)
    return ended


def _environment(home: str, bounds: Bounds) -> dict[str, str]:
    """Give all that a program finds in its environment: nothing of ours, and no way out where it has a network."""
    proxies = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
    return {
        "PATH": os.defpath,
        "HOME": home,
        "TMPDIR": home,
        "LANG": "C.UTF-8",
        "KUBECONFIG": os.devnull,
        "GIT_ALLOW_PROTOCOL": "none",
        "GOMAXPROCS": str(_PROCESSORS),
        "GOMEMLIMIT": f"{max(bounds.memory_mb * 3 // 4, 16)}MiB",
        **dict.fromkeys(proxies, _NOWHERE),
    }


def _watch(process: subprocess.Popen[bytes], bounds: Bounds) -> Ended:
    assert process.stdout is not None
    assert process.stderr is not None
    deadline = time.monotonic() + bounds.timeout_s
    output, errors = bytearray(), _Errors()
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, output)
        selector.register(process.stderr, selectors.EVENT_READ, errors)
        while selector.get_map():
            _check_memory(process, bounds)
            for key, _ in selector.select(min(_left(deadline, bounds), _LOOK_S)):
                data = os.read(key.fd, _READ_BYTES)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.data is output:
                    output += data
                    if len(output) > bounds.output_bytes:
                        raise RenderingError(
                            f"renders more than {bounds.output_bytes} bytes", code=RenderingCode.TOO_LARGE
                        )
                else:
                    errors.add(data)
    while process.poll() is None:
        _check_memory(process, bounds)
        with suppress(subprocess.TimeoutExpired):
            process.wait(min(_left(deadline, bounds), _LOOK_S))
    return Ended(status=process.returncode, output=bytes(output), errors=errors.text())


def _check_memory(process: subprocess.Popen[bytes], bounds: Bounds) -> None:
    """Measure what a program really holds.

    A limit of addresses is none of memory: Go reserves 1 to 2 GB that it never uses, another number with each
    program, build and thread. Pages of files do not count, such as those of the program itself: the system takes
    them back when it needs them.
    """
    try:
        with open(f"/proc/{process.pid}/statm", encoding="ascii") as file:
            resident, shared = map(int, file.read().split()[1:3])
    except (OSError, ValueError):  # it has ended, or the system knows no such file
        return
    if (resident - shared) * os.sysconf("SC_PAGE_SIZE") > bounds.memory_mb * 1024 * 1024:
        raise _too_much_memory(bounds)


def _left(deadline: float, bounds: Bounds) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise _too_slow(bounds)
    return left


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it started, unless it has ended: its number may be another's by then."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):  # it ended just now; macOS says the second
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _check(ended: Ended, bounds: Bounds) -> None:
    if ended.status == -signal.SIGXCPU:
        raise _too_slow(bounds)
    if ended.status == -signal.SIGKILL or (ended.status and any(text in ended.errors for text in _OUT_OF_MEMORY)):
        raise _too_much_memory(bounds)


def _too_much_memory(bounds: Bounds) -> RenderingError:
    return RenderingError(
        f"needs more than {bounds.memory_mb} MB of memory",
        code=RenderingCode.TOO_LARGE,
        help="look for a loop; or allow more with `rendering.memoryMegabytes` in `.polgate.yaml`",
    )


def _too_slow(bounds: Bounds) -> RenderingError:
    return RenderingError(
        f"took more than {bounds.timeout_s:g} s",
        code=RenderingCode.TIMEOUT,
        help="look for a loop that does not end; or allow more with `rendering.timeoutSeconds` in `.polgate.yaml`",
    )
