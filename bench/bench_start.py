"""Start: how long a command takes beside an interpreter that does nothing."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.manifests import write_manifests, write_policies

GOAL_VERSION_MS, GOAL_CHECK_MS = 60, 300
ROUNDS = 11


def main() -> None:
    """Print medians in milliseconds; rounds alternate, so that all meet the same load."""
    with tempfile.TemporaryDirectory() as folder:
        manifests, policies = Path(folder) / "manifests", Path(folder) / "policies"
        write_manifests(manifests, 1)
        write_policies(policies, 20)
        run = [sys.executable, "-m", "policy_engine"]
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "--version": [*run, "--version"],
            "check": [*run, "check", str(manifests), "--policies", str(policies)],
        }
        # As after an installation: compiled modules are there.
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder) / "compiled")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        taken: dict[str, list[float]] = {name: [] for name in commands}
        for round_ in range(ROUNDS + 1):
            for name, command in commands.items():
                time_ms = _time_ms(command, environment)
                if round_ > 0:
                    taken[name].append(time_ms)
    medians = {name: statistics.median(times) for name, times in taken.items()}
    bare = medians["python"]
    print(f"bare Python                   {bare:6.0f} ms")
    print(
        f"polgate --version             {medians['--version'] - bare:+6.0f} ms (goal: at most +{GOAL_VERSION_MS})"
    )
    print(f"check one file, 20 policies   {medians['check']:6.0f} ms (goal: at most {GOAL_CHECK_MS})")


def _time_ms(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=False, env=environment)
    return (time.perf_counter() - started) * 1e3


if __name__ == "__main__":
    main()
