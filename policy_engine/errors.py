"""The errors every layer shares: a stable code, a message for people, and how to mend it."""

from __future__ import annotations


class PolicyEngineError(Exception):
    """Carry a failure that a person has to read.

    message: lower-case start, no final period, user input in backticks, no line breaks.
    code: stable, kebab-case, documented.
    help: how to mend it, or empty.
    """

    code = "internal-error"

    def __init__(self, message: str, *, code: str | None = None, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help
        if code is not None:
            self.code = code


class PolicyError(PolicyEngineError):
    """Say that a policy cannot be used: its author has to mend it."""

    code = "policy-invalid"


class InputError(PolicyEngineError):
    """Say that an input cannot be judged: whoever submitted it has to mend it."""

    code = "input-invalid"


class InternalError(PolicyEngineError):
    """Say that this program is at fault."""

    code = "internal-error"
