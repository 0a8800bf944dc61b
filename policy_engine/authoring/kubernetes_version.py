"""Versions of Kubernetes, as people write them."""

from __future__ import annotations

import re

from policy_engine.authoring.fields import Fields
from policy_engine.cel.environment import NEWEST
from policy_engine.cel.libraries.declare import Version
from policy_engine.errors import InputError

OLDEST = Version(1, 26)  # the first with ValidatingAdmissionPolicy

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\.\d+)?", re.ASCII)
_KEY = "kubernetesVersion"


def parse_version(text: str) -> str:
    """Accept `1.36`, and what clusters print of themselves: `v1.36.2`. Raises: InputError."""
    found = _VERSION.fullmatch(text)
    version = Version(int(found[1]), int(found[2])) if found else None
    if version is None or not OLDEST <= version <= NEWEST:
        raise InputError(f"expected a Kubernetes version from {OLDEST} to {NEWEST}, found `{text}`")
    return str(version)


def decode_version(fields: Fields) -> str | None:
    """Read `kubernetesVersion`; None where it is not there, or is wrong."""
    if isinstance(fields.value(_KEY), float):
        fields.problem(f"`{_KEY}`: expected a text, found a number", _KEY, help="quote it: 1.30 is read as 1.3")
        return None
    text = fields.text(_KEY)
    if text is None:
        return None
    try:
        return parse_version(text)
    except InputError as error:
        fields.problem(error.message, _KEY)
        return None
