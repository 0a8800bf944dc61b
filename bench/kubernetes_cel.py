"""Runs `bench/celgo`, Kubernetes' own CEL in Go. Needs Go, and the modules that its `go.mod` names."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).parent / "celgo"


def time_in_go(workload: dict[str, Any]) -> dict[str, float] | None:
    """Time a workload (see `celgo/main.go`); give microseconds by name, or None where Go is not installed."""
    if shutil.which("go") is None:
        print("not timed: Go is not installed, and Kubernetes' own CEL cannot be run without it")
        return None
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "celgo"
        subprocess.run(["go", "build", "-o", str(binary), "."], cwd=PROGRAM, check=True)
        done = subprocess.run(
            [str(binary)], input=json.dumps(workload), capture_output=True, text=True, check=True
        )
    return {name: nanoseconds / 1000 for name, nanoseconds in json.loads(done.stdout).items()}
