"""`--kube-version`: the Kubernetes whose functions and rules count."""

from __future__ import annotations

import click

from policy_engine.authoring.kubernetes_version import parse_version
from policy_engine.cel.environment import NEWEST
from policy_engine.errors import InputError


def _parse(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        return parse_version(value)
    except InputError as error:
        raise click.BadParameter(error.message) from None


kube_version_option = click.option(
    "--kube-version",
    metavar="X.Y",
    default=str(NEWEST),
    show_default=True,
    callback=_parse,
    help="Whose CEL functions exist.",
)
