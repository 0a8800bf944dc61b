"""The entry point of `polgate`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from policy_engine import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code. Nothing a user can do makes this raise."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    if given in (["--version"], ["-V"]):
        # Asked by scripts and editors again and again, and answered without loading anything.
        print(f"polgate {__version__}")
        return 0
    from policy_engine.cli.commands import run

    return run(given)
