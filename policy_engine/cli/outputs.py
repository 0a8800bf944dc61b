"""`--output FORMAT[=FILE]`: which reports are written, and where to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence

import click

from policy_engine.errors import InputError
from policy_engine.reports.findings import Report
from policy_engine.reports.formats import FORMATS
from policy_engine.reports.outputs import STDOUT, Output, check_outputs, parse_output, write_outputs


def _parse(ctx: click.Context, parameter: click.Parameter, values: Sequence[str]) -> tuple[Output, ...]:
    outputs = tuple(map(parse_output, values)) or (Output("text"),)
    check_outputs(outputs)
    return outputs


def _complete(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in FORMATS if name.startswith(incomplete)]


output_option = click.option(
    "--output",
    "outputs",
    metavar="FORMAT[=FILE]",
    multiple=True,
    callback=_parse,
    shell_complete=_complete,
    help=f"{', '.join(FORMATS)}; repeatable.",
)
"""Gives the command its `outputs`: a tuple of `Output`s that do not get in each other's way."""


def with_output_file(outputs: Sequence[Output], path: str) -> tuple[Output, ...]:
    """Send the only output to a file, as `--output-file` asks. Raises: InputError."""
    if path == STDOUT:
        return tuple(outputs)
    if len(outputs) > 1 or outputs[0].path != STDOUT:
        raise InputError(
            "`--output-file` is for one output without a file of its own",
            help=f"write `--output {outputs[0].format}=FILE`",
        )
    moved = (Output(outputs[0].format, path),)
    check_outputs(moved)
    return moved


def write_report(report: Report, outputs: Iterable[Output]) -> None:
    """Write a report wherever it shall go; in colour only where somebody watches."""
    color = sys.stdout.isatty() and _wants_color(os.environ)
    write_outputs(report, outputs, say=lambda text: click.echo(text, nl=False, color=color), color=color)


def _wants_color(environment: Mapping[str, str]) -> bool:
    """Tell whether a terminal takes colour and its user wants it. Source: no-color.org."""
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"
