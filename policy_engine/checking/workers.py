"""Files judged by several processes at once, with the results in the order of the files."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from policy_engine.checking.judge import Judge
from policy_engine.errors import InternalError
from policy_engine.reports.findings import FileFindings
from policy_engine.sources import Broken

_WORTH_A_PROCESS = 256 * 1024  # bytes of manifests: some 50 ms of work, several times what a process costs
_BATCHES_PER_JOB = 16  # so that no process waits long for the last one
_COLLECT_EVERY = 512  # files

JudgeMaker = Callable[[], Judge]
Data = Mapping[str, bytes | Broken]


def available_cores() -> int:
    """Give how many cores this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def useful_jobs(wanted: int, *, files: int, size_bytes: int) -> int:
    """Give how many processes are worth having for so much work."""
    return max(1, min(wanted, files, size_bytes // _WORTH_A_PROCESS))


def judge_files(
    paths: Sequence[str], data: Data, judge: Judge, load_judge: JudgeMaker, *, jobs: int
) -> Iterator[FileFindings]:
    """Judge files in their order.

    data: the bytes of files that are read already.
    load_judge: makes an equal judge in a process that cannot have this one, because it was not forked.

    Raises: InternalError where a process dies.
    """
    if jobs == 1:
        return _judge_here(paths, data, judge)
    return _judge_apart(paths, data, judge, load_judge, jobs)


def _judge_here(paths: Sequence[str], data: Data, judge: Judge) -> Iterator[FileFindings]:
    with _rare_collection():
        for index, path in enumerate(paths, start=1):
            yield judge.judge(path, data.get(path))
            if index % _COLLECT_EVERY == 0:
                gc.collect(0)


def _judge_apart(
    paths: Sequence[str], data: Data, judge: Judge, load_judge: JudgeMaker, jobs: int
) -> Iterator[FileFindings]:
    # Only large work needs them, and they take as long to import as a small check takes in all.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    forks = "fork" in multiprocessing.get_all_start_methods() and sys.platform != "darwin"
    if not forks:  # what was read ahead would have to be sent: reading it again is cheaper
        data = {path: found for path, found in data.items() if not os.path.isfile(path)}
    size = max(1, min(_COLLECT_EVERY, len(paths) // (jobs * _BATCHES_PER_JOB)))
    batches = [paths[start : start + size] for start in range(0, len(paths), size)]
    with ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("fork" if forks else "spawn"),
        initializer=_start,
        initargs=(judge if forks else load_judge, data),
    ) as executor:
        try:
            for results in executor.map(_judge_batch, batches):
                yield from results
        except BrokenProcessPool:
            raise InternalError(
                "a process that judged manifests died", help="try again with --jobs 1, which shows the cause"
            ) from None
        finally:
            executor.shutdown(cancel_futures=True)


class _Process:
    """What one of several processes works with; set when it starts."""

    judge: Judge
    data: Data


def _start(judge: Judge | JudgeMaker, data: Data) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; the first one ends the others
    _Process.judge = judge if isinstance(judge, Judge) else judge()
    _Process.data = data
    gc.collect()
    gc.freeze()
    gc.disable()


def _judge_batch(paths: Sequence[str]) -> list[FileFindings]:
    results = [_Process.judge.judge(path, _Process.data.get(path)) for path in paths]
    gc.collect(0)
    return results


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Look for garbage in cycles rarely: otherwise it takes a fifth of the time that reading YAML takes."""
    was_enabled = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_enabled:
            gc.enable()
