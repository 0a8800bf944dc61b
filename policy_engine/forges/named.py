"""Revisions that somebody names in the environment, for CI systems that say nothing themselves, such as Tekton."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policy_engine.errors import InputError
from policy_engine.forges import told
from policy_engine.forges.proposals import Build

BASE = "POLGATE_BASE"
HEAD = "POLGATE_HEAD"

_REMOTE = "origin/"
_NO_REVISION = re.compile(r"[\0-\x20\x7f]|\A-|\.\.|:")
_WHOLE_ID = re.compile(r"(?:[0-9a-f]{40}|[0-9a-f]{64})\Z")


def detect(environment: Mapping[str, str]) -> Build | None:
    """Give the revisions that POLGATE_BASE and POLGATE_HEAD name; None where they name none.

    Raises: InputError where the head is named and the base is not, or where one is no revision.
    """
    base, head = revision(environment.get(BASE, ""), BASE), revision(environment.get(HEAD, ""), HEAD)
    if head and not base:
        raise InputError(f"{HEAD} is set, {BASE} is not", help=f"set {BASE} to what the change is compared with")
    if not base:
        return None
    wanted = [refspec for name in (base, head) if (refspec := _refspec(name))]
    return Build(system="environment", event="", base=base, head=head, fetch=tuple(wanted))


def revision(value: str, source: str) -> str:
    """Check a name of a commit; empty stays empty.

    Raises: InputError where Git could take it for something else, such as an option.
    """
    if _NO_REVISION.search(value):
        raise InputError(f"{source}: expected one revision, found `{told.shown(value)}`")
    return value


def _refspec(name: str) -> str:
    """Give what a clone without it has to fetch; empty where that cannot be told."""
    if _WHOLE_ID.match(name):
        return name
    if name.startswith(_REMOTE):
        return told.tracking_refspec(told.branch(name.removeprefix(_REMOTE), BASE))
    return ""
