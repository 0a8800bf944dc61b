"""`--kube-version`: the Kubernetes whose functions and rules count."""

from __future__ import annotations

import click

from policy_engine.authoring.kubernetes_version import parse_version
from policy_engine.cel.environment import NEWEST
from policy_engine.errors import InputError


def parse_kube_version(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    """Read the option's value; an empty default stays empty."""
    if not value:
        return value
    try:
        return parse_version(value)
    except InputError as error:
        raise click.BadParameter(error.message) from None


kube_version_option = click.option(
    "--kube-version",
    metavar="X.Y",
    default=str(NEWEST),
    show_default=True,
    callback=parse_kube_version,
    help="Whose CEL functions exist.",
)
