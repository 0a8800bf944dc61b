"""The gate: what a change of 10 files in a repository of 10,000 takes over the start of the command."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.git_repository import make_repository

GOAL_MS = 400
ROUNDS = 9
SIZES = ((1_000, 10), (10_000, 10), (10_000, 100))  # manifests in the repository, and those that change


def main() -> None:
    """Print medians in milliseconds; rounds alternate, so that all meet the same load."""
    run = [sys.executable, "-m", "policy_engine"]
    with tempfile.TemporaryDirectory() as folder:
        commands = {"start": [*run, "--version"]}
        for manifests, changed in SIZES:
            repository = Path(folder) / f"{manifests}-{changed}"
            repository.mkdir()
            base, head = make_repository(repository, manifests=manifests, changed=changed)
            gate = [*run, "gate", "--repo", str(repository), "--policies", "policies"]
            commands[f"{changed} of {manifests}"] = [*gate, "--base", base, "--head", head]
            commands[f"nothing of {manifests}"] = [*gate, "--base", head, "--head", head]
        # As after an installation: compiled modules are there.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for round_ in range(ROUNDS + 1):
            for name, command in commands.items():
                started = time.perf_counter()
                subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=environment, cwd=folder)
                if round_ > 0:
                    taken[name].append((time.perf_counter() - started) * 1e3)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    start = medians.pop("start")
    print(f"polgate --version             {start:6.0f} ms")
    for name, median in medians.items():
        goal = f" (goal: at most +{GOAL_MS})" if name == "10 of 10000" else ""
        print(f"gate, 50 policies, {name:<18} {median - start:+6.0f} ms{goal}")


if __name__ == "__main__":
    main()
