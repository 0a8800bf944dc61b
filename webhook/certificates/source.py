"""Where certificates come from, as servers and registration see it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from webhook.certificates.pairs import Pair

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Tell the time, with its zone."""
    return datetime.now(UTC)


class CertificateSource(Protocol):
    """Gives the certificate to serve with, and what to trust it by. Safe to read from any thread.

    Both may be None until there is one. A source calls its listeners, in its own thread, after either changed.
    """

    @property
    def pair(self) -> Pair | None:
        """Give the certificate and key to serve with now."""

    @property
    def ca_bundle(self) -> bytes | None:
        """Give the certificates in PEM that API servers have to trust; None: somebody else tells them."""

    @property
    def keeps_ca_bundle(self) -> bool:
        """Tell whether the bundle is this source's business, even while it has none yet."""

    def expiries(self) -> Mapping[str, datetime]:
        """Tell when what is in use expires: `serving`, and `ca` for the first of the bundle to expire."""

    def listen(self, listener: Callable[[], None]) -> None:
        """Have a function called after each change. Call it before `start`."""

    def start(self) -> None:
        """Begin; raises CertificateError for what only a person can mend."""

    def stop(self) -> None:
        """End the thread behind it."""


class Listeners:
    """Functions that want to hear of changes."""

    def __init__(self) -> None:
        self._functions: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    def add(self, function: Callable[[], None]) -> None:
        """Add one; it is called from whatever thread changes something."""
        with self._lock:
            self._functions.append(function)

    def call(self) -> None:
        """Call all of them."""
        with self._lock:
            functions = tuple(self._functions)
        for function in functions:
            function()
