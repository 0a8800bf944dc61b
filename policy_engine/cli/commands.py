"""The commands of `polgate`, and the one place where failures become messages and exit codes."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

import click

from policy_engine import __version__
from policy_engine.cli.exit_codes import ALLOWED, FAILED, INTERRUPTED
from policy_engine.cli.lazy_group import LazyCommand, LazyGroup
from policy_engine.cli.terminal import complain
from policy_engine.errors import PolicyEngineError

DEBUG_VARIABLE = "POLGATE_DEBUG"

_GARBAGE_THRESHOLD = 20_000  # allocations before a first look; Python's own is 700

COMMANDS = {
    "check": LazyCommand("policy_engine.cli.check", "check", "Judge manifests by policies."),
    "gate": LazyCommand("policy_engine.cli.gate", "gate", "Judge a change of a Git repository."),
    "test": LazyCommand("policy_engine.cli.test", "test", "Run the tests beside policies."),
    "lint": LazyCommand("policy_engine.cli.lint", "lint", "Find what is wrong in policies."),
    "eval": LazyCommand("policy_engine.cli.eval", "evaluate_command", "Evaluate one CEL expression."),
    "review": LazyCommand("policy_engine.cli.review", "review", "Answer an AdmissionReview."),
    "serve": LazyCommand("policy_engine.cli.serve", "serve", "Run the admission webhook."),
    "webhook": LazyCommand("policy_engine.cli.webhook", "webhook", "Switch the webhook off and on."),
    "completion": LazyCommand("policy_engine.cli.completion", "completion", "Print a shell's completion script."),
}


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 nothing denied, 1 something denied, 2 the command could not do its job.",
)
@click.version_option(__version__, "-V", "--version", message="polgate %(version)s")
def polgate() -> None:
    """One policy, one verdict: judge changes to Kubernetes objects by ValidatingAdmissionPolicies.

    \b
    Example:
      polgate check deploy/ --policies policies/
    """


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code. Nothing a user can do makes this raise."""
    # Modules and compiled policies stay: looking through them for garbage would be a tenth of the start.
    gc.set_threshold(_GARBAGE_THRESHOLD, 20, 20)
    if sys.stdout is None or sys.stderr is None:  # closed by whoever started us: there is nobody to tell
        return FAILED
    try:
        result = polgate.main(arguments, prog_name="polgate", standalone_mode=False)
        return result if isinstance(result, int) else ALLOWED
    except click.ClickException as error:
        error.show()
        return FAILED
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    except PolicyEngineError as error:
        complain(f"error: {error.message}" + (f"\nhelp: {error.help}" if error.help else ""))
        return FAILED
    except OSError as error:
        if os.environ.get(DEBUG_VARIABLE):
            raise
        about = f"`{error.filename}`: " if error.filename is not None else ""
        complain(f"error: {about}{(error.strerror or str(error)).lower()}")
        return FAILED
    except Exception as error:  # a fault of ours, which is no reason to show a traceback
        if os.environ.get(DEBUG_VARIABLE):
            raise
        complain(
            f"internal error: {type(error).__name__}: {error}\n"
            f"help: this is a fault of polgate {__version__}, not yours: please report it in the project's "
            f"issue tracker, with what {DEBUG_VARIABLE}=1 shows"
        )
        return FAILED
