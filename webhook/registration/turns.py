"""Which of several replicas writes, when they do not agree for a while.

They agree almost always: the same policies give the same registration. In a rollout, or while a changed file
reaches one node before the other, they do not. Then the one whose wish is the latest is right, and the others
leave its registration alone. Since that one may be gone for good (a rollout taken back), they do so for a minute;
and should both stay alive, for two, four, up to sixteen minutes, so that they never quarrel.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from policy_engine.admission.json_values import JsonValue
from policy_engine.records import record

REGISTERED: Final = "polgate.io/registered"
"""The annotation that says who wrote the webhooks, and since when he wants them so."""

_SHORTEST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(minutes=16)


@record
class Mark:
    """The annotation's content. digest: of the webhooks that were written."""

    digest: str
    since: datetime
    instance: str

    def __str__(self) -> str:
        return f"{self.digest} since {self.since.isoformat()} by {self.instance}"

    @classmethod
    def read(cls, configuration: Mapping[str, JsonValue]) -> Mark | None:
        """Read the annotation; None where it is absent or not ours."""
        text = ((configuration.get("metadata") or {}).get("annotations") or {}).get(REGISTERED)
        words = text.split(" ", 4) if isinstance(text, str) else []
        if len(words) != 5 or (words[1], words[3]) != ("since", "by"):
            return None
        try:
            since = datetime.fromisoformat(words[2])
        except ValueError:
            return None
        return cls(words[0], since, words[4]) if since.tzinfo is not None else None


class Turns:
    """Remembers how long this replica has left another one's registration alone."""

    def __init__(self) -> None:
        self._left_alone: tuple[Mark, datetime] | None = None
        self._pause = _SHORTEST

    def agree(self) -> None:
        """Note that what stands there is what this replica wants."""
        self._left_alone = None
        self._pause = _SHORTEST

    def wait(self, mark: Mark | None, *, live_digest: str, own: Mark, now: datetime) -> timedelta:
        """Tell how long to leave alone what stands there; zero: write.

        mark: what is written beside it; own: what this replica would write.
        """
        if mark is None or mark.digest != live_digest:
            return timedelta(0)  # no replica wrote that: somebody edited it, and it is mended at once
        if mark.instance == own.instance or (mark.since, mark.digest) < (own.since, own.digest):
            return timedelta(0)
        if self._left_alone is None or self._left_alone[0] != mark:
            self._left_alone = (mark, now)
        left = self._left_alone[1] + self._pause - now
        if left > timedelta(0):
            return left
        self._left_alone = None
        self._pause = min(2 * self._pause, _LONGEST)
        return timedelta(0)
