"""What the tests of the syntax share: parsing with the standard macros, and trees without ids and places."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from policy_engine.cel.libraries import standard_macros, two_var_comprehensions
from policy_engine.cel.source import Source
from policy_engine.cel.syntax import SyntaxErrors, parse
from policy_engine.cel.syntax.tree import ParsedExpression

MACROS = standard_macros.LIBRARY.macros + two_var_comprehensions.LIBRARY.macros


def _parse(text: str) -> ParsedExpression:
    return parse(Source(text), MACROS)


def _refusals(text: str) -> list[str]:
    source = Source(text)
    try:
        parse(source, MACROS)
    except SyntaxErrors as refusal:
        places = [(issue.position(source), issue.message) for issue in refusal.issues]
        return [f"{place.line}:{place.column}: {message}" for place, message in places]
    return []


@pytest.fixture(scope="session")
def parsed() -> Callable[[str], ParsedExpression]:
    """Parse a text that is in order."""
    return _parse


@pytest.fixture(scope="session")
def refusals() -> Callable[[str], list[str]]:
    """Give what is wrong with a text, `line:column: message`."""
    return _refusals
