"""Whether the process lives, and whether it wants reviews: two questions that must not be mixed up.

A server that waits for its first sync is alive and not ready; restarting it would only make it wait again.
"""

from __future__ import annotations

from collections.abc import Callable


class Health:
    """Knows what the server still waits for. Conditions are asked each time, so they answer at once."""

    def __init__(self) -> None:
        self._conditions: list[Callable[[], str | None]] = []
        self.is_draining = False
        self._was_ready = False

    def require(self, condition: Callable[[], str | None]) -> None:
        """Add a condition: it says in words what it waits for, or gives None when it holds."""
        self._conditions.append(condition)

    def drain(self) -> None:
        """Say that no more reviews are wanted, because the server is about to stop."""
        self.is_draining = True

    def waiting_for(self) -> list[str]:
        """Give what is missing before reviews are wanted; nothing when the server is ready."""
        if self.is_draining:
            return ["the server is stopping"]
        return [missing for condition in self._conditions if (missing := condition()) is not None]

    @property
    def was_ready(self) -> bool:
        """Tell whether everything was there once. What was there then may be old later, but is never gone."""
        if not self._was_ready:
            self._was_ready = all(condition() is None for condition in self._conditions)
        return self._was_ready

    @property
    def is_ready(self) -> bool:
        """Tell whether reviews are wanted."""
        return not self.waiting_for()
