"""How long the API server waits for an answer, and how much of that a review may use."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

DEFAULT_S = 10.0  # apiserver, the default of timeoutSeconds
LONGEST_S = 30.0  # apiserver, the largest timeoutSeconds

_UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
# The answer has to travel and be read: a tenth of the time, half a second at most, is left for that.
_SHARE = 0.1
_MOST_S = 0.5

# No API server sends more; reading whatever comes would hold up every other review.
_LONGEST_QUERY = 200

_known: dict[bytes, float] = {}


def seconds_for(query: bytes) -> float:
    """Give the seconds that a review may take, from the query of its URL (`timeout=10s`).

    Without a timeout, or with one that cannot be read, it is the API server's default.
    """
    found = _known.get(query)
    if found is None:
        found = _read(query)
        if len(_known) < 64:  # a cluster sends one or two; what others send is not kept
            _known[query] = found
    return found


def _read(query: bytes) -> float:
    values = parse_qs(query.decode("latin-1")).get("timeout") if len(query) <= _LONGEST_QUERY else None
    timeout_s = _go_duration_s(values[0]) if values else None
    if timeout_s is None or timeout_s <= 0:
        timeout_s = DEFAULT_S
    timeout_s = min(timeout_s, LONGEST_S)
    return timeout_s - min(_SHARE * timeout_s, _MOST_S)


def _go_duration_s(text: str) -> float | None:
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)
