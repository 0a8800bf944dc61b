"""The exit codes of every command, the same for every output format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policy_engine.reports.findings import Outcome

ALLOWED = 0
"""The command did its job, and nothing was denied."""

DENIED = 1
"""The command did its job, and something was denied: a manifest, a test, a policy's own validation."""

FAILED = 2
"""The command could not do its job: wrong usage, policies that do not load, input that cannot be read."""

INTERRUPTED = 130
"""Somebody pressed Ctrl-C: 128 + SIGINT, as shells count."""

OUTPUT_CLOSED = 141
"""Whoever read the output went away: 128 + SIGPIPE, as shells count."""


def exit_code(outcome: Outcome) -> int:
    """Give the exit code of a run."""
    return {"passed": ALLOWED, "blocked": DENIED}.get(outcome, FAILED)
