"""Literals that could never work. (Being written.)"""

from __future__ import annotations

from policy_engine.cel.checker.checked import CheckedExpression
from policy_engine.cel.errors import Issue
from policy_engine.cel.libraries.declare import Version


def validate(checked: CheckedExpression, *, version: Version) -> list[Issue]:
    """Give the findings."""
    return []
