"""Kubernetes' regular expression functions: `find` and `findAll`.

Source: apiserver pkg/cel/library/regex.go.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries import costs, regexp
from policy_engine.cel.libraries.declare import Library
from policy_engine.cel.types import INT, STRING, list_of

LIBRARY: Final = Library("kubernetes.regex", since="1.24")


def _compiled(pattern: str) -> regexp.Regexp:
    try:
        return regexp.compile(pattern)
    except EvaluationError as error:
        raise EvaluationError(f"Illegal regex: {error.message}") from None


@LIBRARY.member("find", "string_find_string", (STRING, STRING), STRING, cost=costs.REGEX_FIND)
def _find(text: str, pattern: str) -> str:
    return _compiled(pattern).find(text)


@LIBRARY.member("findAll", "string_find_all_string", (STRING, STRING), list_of(STRING), cost=costs.REGEX_FIND)
def _find_all(text: str, pattern: str) -> list[str]:
    return _compiled(pattern).find_all(text)


@LIBRARY.member(
    "findAll", "string_find_all_string_int", (STRING, STRING, INT), list_of(STRING), cost=costs.REGEX_FIND
)
def _find_some(text: str, pattern: str, limit: int) -> list[str]:
    return _compiled(pattern).find_all(text, limit)
