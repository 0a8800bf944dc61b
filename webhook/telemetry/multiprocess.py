"""Metrics of several processes that are one server: where they meet, without importing what has to know first."""

from __future__ import annotations

from typing import Final

# prometheus_client looks for it when it is imported, and then keeps its values in files of that folder.
MULTIPROCESS_VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"


def forget_process(pid: int | None) -> None:
    """Let gauges of a process that is gone no longer count."""
    from prometheus_client.multiprocess import mark_process_dead

    if pid is not None:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]
