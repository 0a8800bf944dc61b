"""`--kube-version`: the Kubernetes whose functions and rules count."""

from __future__ import annotations

import re

import click

OLDEST, NEWEST = (1, 26), (1, 36)
DEFAULT = ".".join(map(str, NEWEST))

_VERSION = re.compile(r"v?(\d{1,3})\.(\d{1,3})(?:\.\d+)?")


def _parse(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Accept `1.36`, and what clusters print of themselves: `v1.36.2`."""
    found = _VERSION.fullmatch(value)
    version = (int(found[1]), int(found[2])) if found else None
    if version is None or not OLDEST <= version <= NEWEST:
        known = f"{OLDEST[0]}.{OLDEST[1]} to {DEFAULT}"
        raise click.BadParameter(f"expected a Kubernetes version from {known}, found `{value}`")
    return f"{version[0]}.{version[1]}"


kube_version_option = click.option(
    "--kube-version",
    metavar="X.Y",
    default=DEFAULT,
    show_default=True,
    callback=_parse,
    help="The Kubernetes version whose CEL functions exist.",
)
