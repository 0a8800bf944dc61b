"""The string extension library: version 0 until Kubernetes 1.28, version 2 since 1.29.

Source: cel-go ext/strings.go. Indices count code points.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError, ResultTooLarge
from policy_engine.cel.go_strings import trim_space
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Library, Value
from policy_engine.cel.libraries.go_quote import ESCAPES
from policy_engine.cel.libraries.string_format import format_values
from policy_engine.cel.types import DYN, INT, STRING, list_of
from policy_engine.cel.values.arithmetic import MAX_STRING
from policy_engine.cel.values.display import go_text

LIBRARY: Final = Library("cel.lib.ext.strings")

# Python lowers more than ASCII asks for.
_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}
_UPPER: Final = {code: code - 32 for code in range(ord("a"), ord("z") + 1)}
_ESCAPES: Final = str.maketrans({**ESCAPES})


def _out_of_range(index: int) -> EvaluationError:
    return EvaluationError(f"index out of range: {index}")


@LIBRARY.member("charAt", "string_char_at_int", (STRING, INT), STRING)
def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise _out_of_range(index)
    return text[index : index + 1]


@LIBRARY.member("indexOf", "string_index_of_string", (STRING, STRING), INT, cost=costs.TRAVERSAL)
def _index_of(text: str, part: str) -> int:
    return text.find(part)


@LIBRARY.member("indexOf", "string_index_of_string_int", (STRING, STRING, INT), INT, cost=costs.TRAVERSAL)
def _index_of_from(text: str, part: str, offset: int) -> int:
    if not part:
        return offset
    if offset < 0:
        raise _out_of_range(offset)
    return text.find(part, offset)


@LIBRARY.member("lastIndexOf", "string_last_index_of_string", (STRING, STRING), INT, cost=costs.TRAVERSAL)
def _last_index_of(text: str, part: str) -> int:
    if part and not text:
        return -1
    return text.rfind(part)


@LIBRARY.member("lastIndexOf", "string_last_index_of_string_int", (STRING, STRING, INT), INT, cost=costs.TRAVERSAL)
def _last_index_of_from(text: str, part: str, offset: int) -> int:
    if not part:
        return offset
    if offset < 0:
        raise _out_of_range(offset)
    if offset >= len(text):
        return -1
    return text.rfind(part, 0, offset + len(part))


@LIBRARY.member("lowerAscii", "string_lower_ascii", (STRING,), STRING, cost=costs.STRING)
def _lower_ascii(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_LOWER)


@LIBRARY.member(
    "replace", "string_replace_string_string", (STRING, STRING, STRING), STRING, cost=costs.STRING_TWICE
)
def _replace(text: str, old: str, new: str) -> str:
    return _replace_some(text, old, new, -1)


@LIBRARY.member(
    "replace",
    "string_replace_string_string_int",
    (STRING, STRING, STRING, INT),
    STRING,
    cost=costs.STRING_TWICE,
)
def _replace_some(text: str, old: str, new: str, count: int) -> str:
    limit = count if count >= 0 else -1
    if old != new and limit != 0:
        matches = text.count(old) if limit < 0 else min(limit, text.count(old))
        _refuse_huge(len(text) + matches * (len(new) - len(old)))
    return text.replace(old, new, min(limit, len(text) + 1))


@LIBRARY.member("split", "string_split_string", (STRING, STRING), list_of(STRING), cost=costs.STRING_TWICE)
def _split(text: str, separator: str) -> list[str]:
    return text.split(separator) if separator else list(text)


@LIBRARY.member(
    "split", "string_split_string_int", (STRING, STRING, INT), list_of(STRING), cost=costs.STRING_TWICE
)
def _split_some(text: str, separator: str, count: int) -> list[str]:
    if count == 0:
        return []
    if count < 0 or count > len(text) + 1:
        return _split(text, separator)
    if separator:
        return text.split(separator, count - 1)
    head = list(text[: count - 1])
    return [*head, text[count - 1 :]] if len(text) >= count else list(text)


@LIBRARY.member("substring", "string_substring_int", (STRING, INT), STRING, cost=costs.STRING)
def _substring(text: str, start: int) -> str:
    if not 0 <= start <= len(text):
        raise _out_of_range(start)
    return text[start:]


@LIBRARY.member("substring", "string_substring_int_int", (STRING, INT, INT), STRING, cost=costs.STRING)
def _substring_range(text: str, start: int, end: int) -> str:
    if start > end:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {end}")
    for index in (start, end):
        if not 0 <= index <= len(text):
            raise _out_of_range(index)
    return text[start:end]


@LIBRARY.member("trim", "string_trim", (STRING,), STRING, cost=costs.STRING)
def _trim(text: str) -> str:
    return trim_space(text)


@LIBRARY.member("upperAscii", "string_upper_ascii", (STRING,), STRING, cost=costs.STRING)
def _upper_ascii(text: str) -> str:
    return text.upper() if text.isascii() else text.translate(_UPPER)


@LIBRARY.member("format", "string_format", (STRING, list_of(DYN)), STRING, cost=costs.FIRST_ARGUMENT, since="1.29")
def _format(text: str, values: list[Value]) -> str:
    return format_values(text, values)


@LIBRARY.function("strings.quote", "strings_quote", (STRING,), STRING, cost=costs.FIRST_ARGUMENT, since="1.29")
def _quote(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


@LIBRARY.member("join", "list_join", (list_of(STRING),), STRING, cost=costs.JOINED)
def _join(values: list[Value]) -> str:
    return _join_with(values, "")


@LIBRARY.member("join", "list_join_string", (list_of(STRING), STRING), STRING, cost=costs.JOINED)
def _join_with(values: list[Value], separator: str) -> str:
    for value in values:
        if value.__class__ is not str:
            raise EvaluationError(f"join: invalid input: {go_text(value)}")
    _refuse_huge(len(separator) * len(values))
    return separator.join(values)


def _refuse_huge(length: int) -> None:
    """Stop a call whose result no later call could afford to look at, before it takes the memory.

    What `replace` costs does not count its result, so a chain of calls could grow a string without bound.
    """
    if length > MAX_STRING:
        raise ResultTooLarge(length)
