"""`--kube-version`: the Kubernetes whose functions and rules count."""

from __future__ import annotations

import re

import click

from policy_engine.cel.environment import NEWEST
from policy_engine.cel.libraries.declare import Version

OLDEST = Version(1, 26)  # the first with ValidatingAdmissionPolicy

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\.\d+)?")


def _parse(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Accept `1.36`, and what clusters print of themselves: `v1.36.2`."""
    found = _VERSION.fullmatch(value)
    version = Version(int(found[1]), int(found[2])) if found else None
    if version is None or not OLDEST <= version <= NEWEST:
        raise click.BadParameter(f"expected a Kubernetes version from {OLDEST} to {NEWEST}, found `{value}`")
    return str(version)


kube_version_option = click.option(
    "--kube-version",
    metavar="X.Y",
    default=str(NEWEST),
    show_default=True,
    callback=_parse,
    help="Whose CEL functions exist.",
)
