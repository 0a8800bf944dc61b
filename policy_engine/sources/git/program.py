"""The git program: started, limited in time and in what it may say, and ended for certain."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from selectors import EVENT_READ, DefaultSelector
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from time import monotonic
from types import MappingProxyType

from policy_engine.records import record
from policy_engine.sources.git.errors import GIT_MISSING, GitError, git_words
from policy_engine.sources.git.hardening import OPTIONS

TIMEOUT_S = 60.0  # a listing of 10,000 files takes 0.01 s
# A listing of 700,000 files. Ten tree objects that name each other can stand for ten thousand million.
MAX_OUTPUT_BYTES = 64 * 1024 * 1024
_MAX_COMPLAINT_BYTES = 64 * 1024
_CHUNK_BYTES = 1024 * 1024
_PATIENCE_S = 5.0


@record(kw_only=True)
class Output:
    """What a command wrote, and how it ended. status: negative for a signal."""

    status: int
    stdout: bytes
    stderr: bytes


class Git:
    """Runs git in one folder with one environment. environment: as `hardening` makes it; may be added to."""

    def __init__(self, folder: str, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.environment = dict(environment)
        self._program = _find_git(self.environment["PATH"])

    def start(
        self,
        arguments: Sequence[str | bytes],
        *,
        stdin: int,
        stderr: int,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Popen[bytes]:
        """Start a command in a session of its own: what it starts ends with it, and nothing can ask a terminal."""
        try:
            return Popen(
                [self._program, *OPTIONS, *map(_encoded, arguments)],
                bufsize=0,
                cwd=self.folder,
                env=self.environment | dict(environment),
                stdin=stdin,
                stdout=PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise GitError(f"git cannot be started: {reason}", code=GIT_MISSING) from None

    def run(
        self,
        command: str,
        *arguments: str | bytes,
        timeout_s: float = TIMEOUT_S,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> Output:
        """Run a command to its end, however it ends. environment: what to add.

        Raises: GitError where it takes too long or says too much.
        """
        process = self.start((command, *arguments), stdin=DEVNULL, stderr=PIPE, environment=environment)
        try:
            stdout, stderr = _collect(process, command, timeout_s)
        except BaseException:
            stop(process)
            raise
        with process:  # closes its pipes, and waits
            pass
        return Output(status=process.returncode, stdout=stdout, stderr=stderr)

    def output(
        self, command: str, *arguments: str, environment: Mapping[str, str] = MappingProxyType({})
    ) -> bytes:
        """Run a command and give what it wrote.

        Raises: GitError where it fails too.
        """
        done = self.run(command, *arguments, environment=environment)
        if done.status:
            raise failed(command, done)
        return done.stdout


def memory_limit(size_bytes: int) -> dict[str, str]:
    """Give a variable that keeps git from taking more memory than this for one thing, such as a file or a list.

    Source: git wrapper.c, memory_limit_check: in every version, but documented only by its tests.
    """
    return {"GIT_ALLOC_LIMIT": str(size_bytes)}


def failed(command: str, done: Output) -> GitError:
    """Say that a command failed, in git's words."""
    if b"attempting to allocate" in done.stderr:
        return _too_much(command)
    if done.status < 0:
        return GitError(f"`git {command}` ended by signal {-done.status}")
    return GitError(f"`git {command}` failed: {git_words(done.stderr)}")


def _too_much(command: str) -> GitError:
    return GitError(f"`git {command}` finds too much", help="a revision with millions of files is not judged")


def _find_git(path: str) -> str:
    for folder in path.split(os.pathsep):  # shutil.which does this too, and takes longer to import than git to run
        program = os.path.join(folder, "git")
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    raise GitError("found no `git` on the PATH", code=GIT_MISSING, help="install Git 2.30 or newer")


def _encoded(argument: str | bytes) -> bytes:
    # Names in a repository are UTF-8 or no text at all, whatever this system's own names are.
    return argument if isinstance(argument, bytes) else argument.encode("utf-8", "surrogateescape")


def stop(process: Popen[bytes]) -> None:
    """End a process and all that it started: politely first, so that git takes its lock files away."""
    with process:
        for kind in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, kind)
            with suppress(TimeoutExpired):
                process.wait(_PATIENCE_S)
                return


def _collect(process: Popen[bytes], command: str, timeout_s: float) -> tuple[bytes, bytes]:
    assert process.stdout is not None
    assert process.stderr is not None
    stdout, stderr = bytearray(), bytearray()
    deadline = monotonic() + timeout_s
    with DefaultSelector() as selector:
        selector.register(process.stdout, EVENT_READ, stdout)
        selector.register(process.stderr, EVENT_READ, stderr)
        while selector.get_map():
            ready = selector.select(deadline - monotonic())
            if monotonic() > deadline:
                raise GitError(f"`git {command}` took more than {timeout_s:g} s")
            for key, _ in ready:
                data = os.read(key.fd, _CHUNK_BYTES)
                if not data:
                    selector.unregister(key.fileobj)
                elif key.data is stdout:
                    stdout += data
                elif len(stderr) < _MAX_COMPLAINT_BYTES:
                    stderr += data
            if len(stdout) > MAX_OUTPUT_BYTES:
                raise _too_much(command)
    return bytes(stdout), bytes(stderr)
