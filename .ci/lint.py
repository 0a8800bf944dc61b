"""Run every linter, show what each says, and fail when one does."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LINTERS = (
    ("ruff", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("mypy", ["mypy"]),
    ("import-linter", ["lint-imports", "--no-cache"]),
    ("codespell", ["codespell"]),
)


def main() -> None:
    """Exit with 1 when a linter has findings."""
    failed = []
    for name, (program, *options) in LINTERS:
        start = time.monotonic()
        done = subprocess.run([BIN / program, *options], cwd=ROOT, capture_output=True, text=True, check=False)
        print(f"{name}: {'failed' if done.returncode else 'ok'} ({time.monotonic() - start:.1f} s)", flush=True)
        if done.returncode:
            failed.append(name)
            print((done.stdout + done.stderr).rstrip(), flush=True)
    if failed:
        sys.exit(f"lint failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
