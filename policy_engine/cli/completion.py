"""`polgate completion`: the script that makes a shell complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print a script that completes polgate's commands and options in SHELL.

    \b
    Example, for bash (zsh alike; for fish: polgate completion fish | source):
      echo 'eval "$(polgate completion bash)"' >> ~/.bashrc
    """
    complete = get_completion_class(shell)
    assert complete is not None
    script = complete(ctx.find_root().command, {}, "polgate", "_POLGATE_COMPLETE")
    # The base class's: bash's own starts a bash to ask its version, which need not be installed here.
    click.echo(ShellComplete.source(script))
