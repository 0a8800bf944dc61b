"""The refusal of a regular expression."""

from __future__ import annotations


class RegexpError(ValueError):
    """Refuse a pattern; the text is Go's."""

    def __init__(self, problem: str, expression: str) -> None:
        super().__init__(f"error parsing regexp: {problem}: `{expression}`")
