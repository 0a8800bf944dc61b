"""Which CI system this is, and what it runs for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from policy_engine.forges import actions, gitlab, jenkins, named, pre_commit
from policy_engine.forges.proposals import Build


def detect(environment: Mapping[str, str], read_file: Callable[[str], bytes]) -> Build | None:
    """Say what a CI system runs for, from its environment; None where there is none that is known.

    POLGATE_BASE and POLGATE_HEAD win over the revisions that the system tells, and leave the proposal as it is.
    read_file: gives what is in a file that the environment names; may raise OSError or ValueError.

    Raises: InputError where the environment, or the file, holds what the system never puts there.
    """
    # pre-commit comes first: it also runs inside the others, and says more exactly what is wanted.
    build = (
        pre_commit.detect(environment)
        or actions.detect(environment, read_file)
        or gitlab.detect(environment)
        or jenkins.detect(environment)
    )
    wanted = named.detect(environment)
    if build is None or wanted is None:
        return wanted or build
    head = wanted.head or build.head
    return replace(build, base=wanted.base, head=head, exact_base=False, fetch=wanted.fetch or build.fetch)
