from __future__ import annotations

import pytest

from policy_engine.checking.workers import useful_jobs


@pytest.mark.parametrize(
    ("files", "size_bytes", "jobs"), [(1, 10**9, 1), (100, 1000, 1), (100, 10**6, 3), (100, 10**9, 8)]
)
def test_processes_are_started_only_for_large_work(files: int, size_bytes: int, jobs: int) -> None:
    assert useful_jobs(8, files=files, size_bytes=size_bytes) == jobs
