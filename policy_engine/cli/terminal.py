"""Writing to a terminal, or a CI system's log, what comes from files: nothing in it may be obeyed."""

from __future__ import annotations

import click


def say(text: str) -> None:
    """Write lines to standard output."""
    click.echo(_printable(text))


def complain(text: str) -> None:
    """Write lines to standard error."""
    click.echo(_printable(text), err=True)


def _printable(text: str) -> str:
    if text.replace("\n", "").isprintable() and "::" not in text and "##" not in text:
        return text
    from policy_engine.reports.printable import inert, printable

    return inert("\n".join(map(printable, text.split("\n"))))
