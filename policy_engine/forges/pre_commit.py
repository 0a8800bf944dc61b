"""pre-commit before a push, or with --from-ref and --to-ref.

Source: pre-commit pre_commit/commands/run.py and hook_impl.py.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.forges.named import revision
from policy_engine.forges.proposals import Build


def detect(environment: Mapping[str, str]) -> Build | None:
    """Say what hooks run for; None where pre-commit names no revisions.

    Nothing is fetched: this is somebody's own clone. Raises: InputError where one is no revision.
    """
    base, head = environment.get("PRE_COMMIT_FROM_REF", ""), environment.get("PRE_COMMIT_TO_REF", "")
    if not base or not head:
        return None
    return Build(
        system="pre-commit",
        event="push",
        base=revision(base, "PRE_COMMIT_FROM_REF"),
        head=revision(head, "PRE_COMMIT_TO_REF"),
    )
