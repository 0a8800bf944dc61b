"""JSON written so that every reader takes it."""

from __future__ import annotations

import json
import re

from policy_engine.sources.values import JsonValue

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def to_text(value: JsonValue, *, indent: int | None = None) -> str:
    """Give a value as one text of ASCII. Half characters, which strict readers refuse, become U+FFFD.

    CI systems that read it in a log find no command in it: theirs with `##` are written in another way.
    """
    separators = (",", ":") if indent is None else None
    text = json.dumps(value, indent=indent, separators=separators)
    if "\\ud" in text:
        whole = json.loads(_LONE_SURROGATE.sub("\ufffd", json.dumps(value, ensure_ascii=False)))
        text = json.dumps(whole, indent=indent, separators=separators)
    return text.replace("##", "#\\u0023")
