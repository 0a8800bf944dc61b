"""Field and label selectors taken apart into requirements, for authorizers that look at them.

Source: apimachinery pkg/fields/selector.go, `ParseSelector`; pkg/labels/selector.go, `ParseToRequirements`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from policy_engine.cel.go_strings import encode
from policy_engine.cel.libraries.name_rules import label_value_problems, qualified_name_problems


class SelectorError(ValueError):
    """Say that a text is no selector."""


class Requirement(NamedTuple):
    """One condition of a selector.

    operator: `=`, `!=` for fields; also `==`, `in`, `notin`, `exists`, `!`, `gt`, `lt` for labels.
    values: sorted; empty for `exists` and `!`.
    """

    key: str
    operator: str
    values: tuple[str, ...]


# Patterns are compiled when first used: `re` keeps them.
_FIELD_OPERATOR: Final = "!=|==|="
_ESCAPED: Final = r"(?s)\\(.?)"
_TOKEN: Final = r"[ \t\r\n]*(?:(!=|==|=|!|\(|\)|,|>|<)|([^=!(),><\x20\t\r\n\0]+))"
_INTEGER: Final = r"[+-]?[0-9]{1,19}"
_OPERATORS: Final = {
    "=": "=",
    "==": "==",
    "!=": "!=",
    "in": "in",
    "notin": "notin",
    ">": "gt",
    "<": "lt",
}


def parse_field_selector(text: str) -> tuple[Requirement, ...]:
    """Read `spec.nodeName=a,status.phase!=Running`; terms come out sorted.

    Raises SelectorError.
    """
    requirements = []
    terms = sorted(filter(None, _split_terms(text)), key=encode)
    for term in terms:
        match = re.search(_FIELD_OPERATOR, term)
        if match is None:
            raise SelectorError(f"invalid selector: '{text}'; can't understand '{term}'")
        field, value = term[: match.start()], _unescape(term[match.end() :])
        is_unequal = match.group() == "!="
        # An operator alone is no requirement.
        if field or value:
            requirements.append(Requirement(field, "!=" if is_unequal else "=", (value,)))
    return tuple(requirements)


def _split_terms(text: str) -> list[str]:
    terms, start, is_escaped = [], 0, False
    for i, char in enumerate(text):
        if is_escaped:
            is_escaped = False
        elif char == "\\":
            is_escaped = True
        elif char == ",":
            terms.append(text[start:i])
            start = i + 1
    terms.append(text[start:])
    return terms


def _unescape(value: str) -> str:
    bare = re.sub(_ESCAPED, "", value)
    if "," in bare or "=" in bare:
        raise SelectorError("invalid field selector: unescaped character in value")
    for match in re.finditer(_ESCAPED, value):
        if match.group(1) not in ("\\", ",", "=") or not match.group(1):
            raise SelectorError(f"invalid field selector: invalid escape sequence: {match.group()}")
    return re.sub(_ESCAPED, r"\1", value)


def parse_label_selector(text: str) -> tuple[Requirement, ...]:
    """Read `app=web,tier in (a,b),!legacy`; requirements come out sorted by key.

    Raises SelectorError.
    """
    tokens = _tokens(text)
    requirements = []
    at = 0
    while tokens[at]:
        requirement, at = _requirement(tokens, at)
        requirements.append(requirement)
        if not tokens[at]:
            break
        if tokens[at] != ",":
            raise SelectorError(f"found '{tokens[at]}', expected: ',' or 'end of string'")
        at += 1
        if not _is_word(tokens[at]) and tokens[at] != "!":
            raise SelectorError(f"found '{tokens[at]}', expected: identifier after ','")
    return tuple(sorted(requirements, key=lambda requirement: requirement.key))


def _tokens(text: str) -> list[str]:
    """Split into words and operators; the last one is empty. A NUL ends the text."""
    tokens, at = [], 0
    while match := re.compile(_TOKEN).match(text, at):
        tokens.append(match.group(1) or match.group(2))
        at = match.end()
    return [*tokens, "", ""]


def _is_word(token: str) -> bool:
    return token != "" and token[0] not in "=!(),><"


def _requirement(tokens: list[str], at: int) -> tuple[Requirement, int]:
    is_negated = tokens[at] == "!"
    if is_negated:
        at += 1
    key = tokens[at]
    if not _is_word(key):
        raise SelectorError(f"found '{key}', expected: identifier")
    at += 1
    problems = qualified_name_problems(key)
    if problems:
        raise SelectorError(f"invalid label key '{key}': {'; '.join(problems)}")
    if is_negated:
        return Requirement(key, "!", ()), at
    if tokens[at] in ("", ","):
        return Requirement(key, "exists", ()), at
    operator = _OPERATORS.get(tokens[at])
    if operator is None:
        raise SelectorError(f"found '{tokens[at]}', expected: an operator")
    at += 1
    if operator in ("in", "notin"):
        values, at = _value_list(tokens, at)
    elif tokens[at] in ("", ","):
        values = {""}
    elif _is_word(tokens[at]):
        values = {tokens[at]}
        at += 1
    else:
        raise SelectorError(f"found '{tokens[at]}', expected: identifier")
    for value in values:
        if operator in ("gt", "lt") and not re.fullmatch(_INTEGER, value):
            raise SelectorError("for 'Gt', 'Lt' operators, the value must be an integer")
        if label_value_problems(value):
            raise SelectorError(f"invalid label value '{value}'")
    return Requirement(key, operator, tuple(sorted(values))), at


def _value_list(tokens: list[str], at: int) -> tuple[set[str], int]:
    """Read `(a,b)`; a place left empty is the empty value."""
    if tokens[at] != "(":
        raise SelectorError(f"found '{tokens[at]}' expected: '('")
    at += 1
    values: set[str] = set()
    if tokens[at] == ")":
        return {""}, at + 1
    while True:
        token = tokens[at]
        if _is_word(token):
            values.add(token)
            at += 1
            if tokens[at] == ")":
                return values, at + 1
            if tokens[at] != ",":
                raise SelectorError(f"found '{tokens[at]}', expected: ',' or ')'")
        elif token == ",":
            at += 1
            if not values:
                values.add("")
            if tokens[at] in (")", ","):
                values.add("")
            if tokens[at] == ")":
                return values, at + 1
        else:
            raise SelectorError(f"found '{token}', expected: ',', or identifier")
