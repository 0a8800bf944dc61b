"""`polgate check` of a whole repository beside what PyYAML alone takes to load it, in the same run."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.manifests import write_manifests, write_policies

MANIFESTS, POLICIES = 10_000, 50
GOAL = 1.5  # times what CSafeLoader takes in one process
ROUNDS = 3
LOAD_ALL = """\
import sys, yaml
from pathlib import Path
for path in Path(sys.argv[1]).rglob("*.yaml"):
    with open(path, encoding="utf-8") as file:
        list(yaml.load_all(file, Loader=yaml.CSafeLoader))
"""


def main() -> None:
    """Print both times and their ratio; rounds alternate, so that both meet the same load."""
    with tempfile.TemporaryDirectory() as folder:
        manifests, policies = Path(folder) / "manifests", Path(folder) / "policies"
        size = write_manifests(manifests, MANIFESTS)
        write_policies(policies, POLICIES)
        check = [sys.executable, "-m", "policy_engine", "check", str(manifests), "--policies", str(policies)]
        load = [sys.executable, "-c", LOAD_ALL, str(manifests)]
        loads, checks = [], []
        for _ in range(ROUNDS):
            loads.append(_time_s(load, 0))
            checks.append(_time_s(check, 1))
    ours, theirs = statistics.median(checks), statistics.median(loads)
    print(f"{MANIFESTS} manifests, {size / 2**20:.1f} MiB, {POLICIES} policies")
    print(f"CSafeLoader alone {theirs:6.2f} s")
    print(f"polgate check     {ours:6.2f} s   {ours / theirs:.2f} times (goal: at most {GOAL})")


def _time_s(command: list[str], wanted: int) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    assert done.returncode == wanted, done.returncode
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
