"""Run every benchmark, or those named: `python bench/run.py cel check`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


def main(wanted: list[str]) -> int:
    """Run benchmarks one after another, each in a process of its own; give 1 where one fails."""
    known = {file.stem.removeprefix("bench_"): file for file in sorted(FOLDER.glob("bench_*.py"))}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        sys.exit(f"no benchmark `{unknown[0]}`: there are {', '.join(known)}")
    failed = []
    for name in wanted or known:
        print(f"== {name}", flush=True)
        if subprocess.run(
            [sys.executable, "-m", f"bench.bench_{name}"], cwd=FOLDER.parent, check=False
        ).returncode:
            failed.append(name)
        print(flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
