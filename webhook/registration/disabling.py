"""The way to switch all enforcement off, for nights on which nothing else helps: an annotation."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.records import record

DISABLED: Final = "polgate.io/disabled"
"""On the webhook configuration; as long as it is there, servers keep the configuration empty."""


@record
class Disabled:
    """Since when, and by whom and why. since: as written, empty where a hand-made annotation says no time."""

    since: str
    why: str

    @property
    def text(self) -> str:
        """Give both in words: `since 2026-05-01T03:12:00Z by jane: nothing starts`."""
        return " ".join(part for part in (f"since {self.since}" if self.since else "", self.why) if part)


def read_disabled(configuration: Mapping[str, JsonValue]) -> Disabled | None:
    """Tell whether a configuration is switched off. The annotation counts whatever it says: it was put there."""
    annotations = (configuration.get("metadata") or {}).get("annotations") or {}
    if DISABLED not in annotations:
        return None
    text = annotations[DISABLED]
    first, _, rest = (text if isinstance(text, str) else "").partition(" ")
    try:
        datetime.fromisoformat(first)
    except ValueError:
        return Disabled("", f"{first} {rest}".strip())
    return Disabled(first, rest)


def disabling_patch(*, now: datetime, who: str, reason: str) -> JsonObject:
    """Give the merge patch that switches off: the annotation, and no webhook any more, in one step."""
    why = " ".join(f"by {who}: {reason}".split() if reason else f"by {who}".split())
    return {"metadata": {"annotations": {DISABLED: f"{now:%Y-%m-%dT%H:%M:%SZ} {why}"}}, "webhooks": []}


def enabling_patch() -> JsonObject:
    """Give the merge patch that lets servers register again."""
    return {"metadata": {"annotations": {DISABLED: None}}}
