"""Writing to a terminal what comes from files: nothing in it may be obeyed."""

from __future__ import annotations

import click


def printable(text: str) -> str:
    """Show control characters instead of sending them; line feeds and tabs stay what they are."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _shown(char) for char in text)


def say(text: str) -> None:
    """Write lines to standard output."""
    click.echo(printable(text))


def complain(text: str) -> None:
    """Write lines to standard error."""
    click.echo(printable(text), err=True)


def _shown(char: str) -> str:
    return repr(char)[1:-1]
