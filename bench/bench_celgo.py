"""Single expressions: this engine beside Kubernetes' own CEL in Go, with its cost tracking, in the same run.

Needs Go, and the modules that `bench/celgo/go.mod` names.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.engines import Polgate
from bench.timing import medians_us
from bench.workload import EXPRESSIONS, deployment

GOAL = 5  # times faster, one expression
PROGRAM = Path(__file__).parent / "celgo"


def main() -> int:
    """Print both times and their ratio for the expressions that use no variables."""
    if shutil.which("go") is None:
        print("skipped: Go is not installed, and cel-go cannot be timed without it")
        return 0
    expressions = {name: text for name, text in EXPRESSIONS.items() if "variables." not in text}
    with tempfile.TemporaryDirectory() as folder:
        binary = Path(folder) / "celgo"
        subprocess.run(["go", "build", "-o", str(binary), "."], cwd=PROGRAM, check=True)
        given = json.dumps({"object": deployment(), "expressions": expressions})
        theirs = json.loads(
            subprocess.run([str(binary)], input=given, capture_output=True, text=True, check=True).stdout
        )
    engine = Polgate()
    ours = medians_us({name: engine.evaluate(name) for name in expressions})
    for name in expressions:
        ratio = theirs[name] / 1000 / ours[name]
        print(f"{name:14}{ours[name]:10.2f} µs   cel-go {theirs[name] / 1000:8.2f} µs", end="   ")
        print(f"{ratio:6.1f} times faster (goal: {GOAL})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
