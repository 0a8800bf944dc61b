"""Versions of Kubernetes, as people write them."""

from __future__ import annotations

import re

from policy_engine.cel.environment import NEWEST
from policy_engine.cel.libraries.declare import Version
from policy_engine.errors import InputError

OLDEST = Version(1, 26)  # the first with ValidatingAdmissionPolicy

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\.\d+)?", re.ASCII)


def parse_version(text: str) -> str:
    """Accept `1.36`, and what clusters print of themselves: `v1.36.2`. Raises: InputError."""
    found = _VERSION.fullmatch(text)
    version = Version(int(found[1]), int(found[2])) if found else None
    if version is None or not OLDEST <= version <= NEWEST:
        raise InputError(f"expected a Kubernetes version from {OLDEST} to {NEWEST}, found `{text}`")
    return str(version)
