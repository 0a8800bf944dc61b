"""What can keep a chart or a kustomization from being rendered, each with a stable code."""

from __future__ import annotations

from enum import StrEnum

from policy_engine.errors import InputError
from policy_engine.sources import Broken
from policy_engine.sources.text import Excerpt, Place


class RenderingCode(StrEnum):
    """The codes of everything that keeps rendered objects from being judged."""

    MISSING = "renderer-missing"
    REFUSED = "rendering-refused"
    FAILED = "rendering-failed"
    TIMEOUT = "rendering-timeout"
    TOO_LARGE = "rendering-too-large"


class RenderingError(InputError):
    """Say why nothing was rendered.

    file, line: where the tool saw the fault, in the tree; empty and 0 where it does not tell.
    """

    code = RenderingCode.FAILED.value

    def __init__(
        self, message: str, *, code: RenderingCode, help: str = "", file: str = "", line: int = 0
    ) -> None:
        super().__init__(message, code=code.value, help=help)
        self.file = file
        self.line = line


def broken(
    path: str,
    message: str,
    *,
    code: RenderingCode = RenderingCode.REFUSED,
    help: str = "",
    place: Place | None = None,
    excerpt: Excerpt | None = None,
) -> Broken:
    """Make a fault of rendering at a file."""
    return Broken(path=path, code=code.value, message=message, help=help, place=place, excerpt=excerpt)
