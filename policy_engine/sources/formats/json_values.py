"""What a library read, as JSON can hold it and within limits."""

from __future__ import annotations

import math
from datetime import date, datetime, time

from policy_engine.cel.values.numbers import INT_MAX, INT_MIN
from policy_engine.sources.formats.problems import FormatError, too_deep
from policy_engine.sources.limits import Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.values import JsonValue


def to_json_value(value: object, limits: Limits) -> JsonValue:
    """Copy a value: dates and times become RFC 3339 text.

    Raises: FormatError for what is too large, too deep, or nothing that JSON and expressions can hold: a number
    that is not finite, an integer beyond 64 bits, half a character.
    """
    return _Converter(limits).convert(value, 0)


class _Converter:
    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._nodes = 0

    def convert(self, value: object, depth: int) -> JsonValue:
        self._nodes += 1
        if self._nodes > self._limits.nodes:
            raise FormatError(f"more than {self._limits.nodes} values", code=ProblemCode.TOO_MANY_NODES)
        if isinstance(value, str):
            return self._text(value)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            if INT_MIN <= value <= INT_MAX:
                return value
            raise _unsupported("an integer beyond 64 bits")
        if isinstance(value, float):
            if math.isfinite(value):
                return value
            raise _unsupported("a number that is infinite or none")
        if isinstance(value, date | datetime | time):
            return value.isoformat()
        if depth == self._limits.depth:
            raise too_deep(depth)
        if isinstance(value, dict):
            self._nodes += len(value)
            return {self._text(str(key)): self.convert(part, depth + 1) for key, part in value.items()}
        if isinstance(value, list):
            return [self.convert(part, depth + 1) for part in value]
        raise _unsupported("a value that JSON does not know")

    def _text(self, text: str) -> str:
        if len(text) > self._limits.scalar_length:
            raise FormatError(
                f"a string longer than {self._limits.scalar_length} characters", code=ProblemCode.SCALAR_TOO_LONG
            )
        if not text.isascii():
            try:
                text.encode()
            except UnicodeEncodeError:
                raise _unsupported("half a character (a surrogate)") from None
        return text


def _unsupported(what: str) -> FormatError:
    return FormatError(f"holds {what}", code=ProblemCode.UNSUPPORTED_VALUE)
