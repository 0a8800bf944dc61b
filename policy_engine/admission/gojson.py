"""JSON as Go's encoding/json writes it, because audit annotations hold it byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from policy_engine.admission.json_values import JsonValue

# Escaped so that the output is safe inside HTML and JavaScript.
_UNSAFE = re.compile("[<>&\u2028\u2029]")


def encode_json(value: Mapping[str, JsonValue] | Sequence[JsonValue]) -> str:
    """Write JSON without spaces, keys in the order given, HTML escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
