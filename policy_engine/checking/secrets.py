"""What Secrets hold kept out of reports: they are read by more people than the Secret is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping

from policy_engine.sources.values import JsonObject

_HIDDEN = "***"
_FIELDS = ("data", "stringData")
_SHORTEST = 4  # characters: replacing every `a` would tell more than it hides


def is_secret(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a Secret."""
    return value.get("kind") == "Secret" and value.get("apiVersion") == "v1"


def without_secrets(message: str, value: JsonObject) -> str:
    """Give a message without what a Secret holds, encoded or not."""
    for text in sorted(_texts(value), key=len, reverse=True):
        if len(text) >= _SHORTEST:
            message = message.replace(text, _HIDDEN)
    return message


def _texts(value: JsonObject) -> Iterator[str]:
    for field in _FIELDS:
        held = value.get(field)
        for text in held.values() if isinstance(held, dict) else ():
            if not isinstance(text, str):
                continue
            yield text
            try:
                yield base64.b64decode(text, validate=True).decode()
            except (binascii.Error, ValueError):
                continue
