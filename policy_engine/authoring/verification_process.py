"""Policies of a change verified in a process of their own, which can be ended.

Expressions are bounded by their cost, but a test file may hold a regular expression that never ends, or patches
that double an object forty times.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from policy_engine.authoring.mistakes import Mistake
from policy_engine.authoring.policy_trees import PlacedFiles
from policy_engine.authoring.policy_verification import PolicyVerification
from policy_engine.errors import InternalError
from policy_engine.records import record
from policy_engine.sources.document import Broken
from policy_engine.sources.limits import Limits
from policy_engine.sources.trees import Tree, TreeEntry

if TYPE_CHECKING:
    from multiprocessing.connection import Connection


@record(kw_only=True)
class Bounds:
    """What a verification may take. memory_bytes: of addresses, where the system can bound them."""

    timeout_s: float = 120.0  # the cases of the Pod Security policies, some hundred, take two seconds
    memory_bytes: int = 2 * 1024**3


DEFAULT_BOUNDS = Bounds()


def verify_policies(
    tree: Tree,
    paths: Sequence[str],
    *,
    version: str,
    beside: Sequence[PlacedFiles] = (),
    bounds: Bounds = DEFAULT_BOUNDS,
) -> PolicyVerification:
    """Load the policies at paths of a tree, and run the tests below and beside them.

    beside: where the rest of the policies is, of the file system only.

    Raises: InternalError where we are at fault.
    """
    import multiprocessing  # few changes are about policies

    if not paths:
        return PolicyVerification()
    context = multiprocessing.get_context("spawn")  # a fork would share what reads the tree, such as a pipe to git
    ours, theirs = context.Pipe()
    work = _Work(
        entries=dict(tree.entries()),
        paths=tuple(paths),
        version=version,
        beside=tuple(beside),
        memory_bytes=bounds.memory_bytes,
        cpu_s=int(bounds.timeout_s) + 1,
    )
    process = context.Process(target=_answer, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()
    try:
        answer = _serve(ours, tree, deadline=time.monotonic() + bounds.timeout_s)
    except (EOFError, ConnectionError):
        answer = "the policies or their tests end the process that verifies them"
    finally:
        process.kill()
        process.join()
        ours.close()
    if isinstance(answer, _Fault):
        raise InternalError(f"verifying policies failed: {answer.message}")
    if answer is None:
        answer = f"the policies and their tests take more than {bounds.timeout_s:g} s"
    if isinstance(answer, str):
        help = "look at patterns in `messageMatches`, at patches, and at how many cases there are"
        return PolicyVerification(mistakes=(Mistake(path=paths[0], message=answer, help=help),))
    return answer


@record(kw_only=True)
class _Work:
    entries: Mapping[str, TreeEntry]
    paths: tuple[str, ...]
    version: str
    beside: tuple[PlacedFiles, ...]
    memory_bytes: int
    cpu_s: int


@record
class _Wanted:
    """A file that the other process asks for."""

    path: str
    limits: Limits


@record
class _Fault:
    """A fault of ours in the other process."""

    message: str


def _serve(connection: Connection, tree: Tree, *, deadline: float) -> PolicyVerification | _Fault | str | None:
    """Hand out files until there is an answer; None where there is none in time."""
    while connection.poll(max(0.0, deadline - time.monotonic())):
        message: _Wanted | PolicyVerification | _Fault | str = connection.recv()
        if not isinstance(message, _Wanted):
            return message
        connection.send(tree.read(message.path, message.limits))
    return None


class _DistantTree:
    """The tree of the process that started this one, which reads its files."""

    def __init__(self, connection: Connection, entries: Mapping[str, TreeEntry]) -> None:
        self._connection = connection
        self._entries = entries

    def entries(self) -> Mapping[str, TreeEntry]:
        return self._entries

    def read(self, path: str, limits: Limits) -> bytes | Broken:
        self._connection.send(_Wanted(path, limits))
        data: bytes | Broken = self._connection.recv()
        return data

    def read_many(self, paths: Iterable[str], limits: Limits) -> Iterator[tuple[str, bytes | Broken]]:
        for path in paths:
            yield path, self.read(path, limits)


def _answer(connection: Connection, work: _Work) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one ends this one
    answer: PolicyVerification | _Fault | str
    try:
        _bound(work)
        from policy_engine.authoring.policy_trial import verify  # only this process runs tests

        tree = _DistantTree(connection, work.entries)
        answer = verify(tree, work.paths, version=work.version, beside=work.beside)
    except MemoryError:
        answer = f"the policies and their tests need more than {work.memory_bytes >> 20} MiB of memory"
    except Exception as error:
        answer = _Fault(f"{type(error).__name__}: {error}")
    connection.send(answer)


def _bound(work: _Work) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such bounds: the time ends the process there
        return
    for kind, most in ((resource.RLIMIT_AS, work.memory_bytes), (resource.RLIMIT_CPU, work.cpu_s)):
        hard = resource.getrlimit(kind)[1]
        bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (bound, hard))
