"""How the benchmarks take time: medians of short batches of processor time, the sides in turn."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


def medians_us(sides: Mapping[str, Work], *, rounds: int = 21, batch_s: float = 0.01) -> dict[str, float]:
    """Time each side in alternating batches; give the median of a single call in microseconds."""
    sizes = {name: _batch_size(work, batch_s) for name, work in sides.items()}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    gc.collect()
    gc.disable()
    try:
        for _ in range(rounds):
            for name, work in sides.items():
                taken[name].append(_time(work, sizes[name]))
    finally:
        gc.enable()
    return {name: statistics.median(values) for name, values in taken.items()}


def _batch_size(work: Work, batch_s: float) -> int:
    work()
    size = 1
    while True:
        started = time.process_time()
        for _ in range(size):
            work()
        elapsed = time.process_time() - started
        if elapsed > batch_s / 4:
            return max(1, int(size * batch_s / elapsed))
        size *= 2


def _time(work: Work, size: int) -> float:
    calls = range(size)
    started = time.process_time()
    for _ in calls:
        work()
    return (time.process_time() - started) / size * 1e6
