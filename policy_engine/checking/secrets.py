"""What Secrets hold kept out of reports: they are read by more people than the Secret is."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping

from policy_engine.sources.values import JsonObject, JsonValue

_HIDDEN = "***"
_SHORTEST = 4  # characters: replacing every `a` would tell more than it hides


def is_secret(value: Mapping[str, object]) -> bool:
    """Tell whether an object is a Secret."""
    return value.get("kind") == "Secret" and value.get("apiVersion") == "v1"


def without_secrets(message: str, value: JsonObject) -> str:
    """Give a message without what a Secret, or a file that is as secret, holds, encoded or not."""
    held = (value.get("data"), value.get("stringData"), value.get("spec"))
    texts = {text for part in held for text in _texts(part)}
    for text in sorted(texts, key=len, reverse=True):
        if len(text) >= _SHORTEST:
            message = message.replace(text, _HIDDEN)
    return message


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value
        try:
            yield base64.b64decode(value, validate=True).decode()
        except (binascii.Error, ValueError):
            return
