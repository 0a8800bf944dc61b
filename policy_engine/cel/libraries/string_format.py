"""`'%s has %d'.format([name, count])`: format strings, and the values put into them.

Source: cel-go ext/formatting.go, the implementation behind versions 1 to 3 of the string library.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from policy_engine.cel.errors import EvaluationError, ResultTooLarge
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.libraries.string_format_values import format_argument
from policy_engine.cel.types import Kind
from policy_engine.cel.values.arithmetic import MAX_STRING
from policy_engine.cel.values.typing import type_name

_INTEGERS: Final = frozenset({Kind.INT, Kind.UINT})
# A string is let through where a double is wanted, because "NaN" and "Infinity" are fine.
_DOUBLES: Final = frozenset({Kind.DOUBLE, Kind.STRING})
_MAX_PRECISION: Final = (1 << 63) - 1


class Verb(NamedTuple):
    """What one letter of a format string takes. kinds: of arguments; refusal: the message for others."""

    kinds: frozenset[Kind]
    refusal: str


VERBS: Final[Mapping[str, Verb]] = {
    "s": Verb(
        frozenset(
            {
                Kind.LIST,
                Kind.MAP,
                Kind.INT,
                Kind.UINT,
                Kind.DOUBLE,
                Kind.BOOL,
                Kind.STRING,
                Kind.TIMESTAMP,
                Kind.BYTES,
                Kind.DURATION,
                Kind.TYPE,
                Kind.NULL,
            }
        ),
        "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, "
        "durations, and timestamps, was given ",
    ),
    "d": Verb(_INTEGERS, "decimal clause can only be used on integers, was given "),
    "f": Verb(_DOUBLES, "fixed-point clause can only be used on doubles, was given "),
    "e": Verb(_DOUBLES, "scientific clause can only be used on doubles, was given "),
    "b": Verb(_INTEGERS | {Kind.BOOL}, "only integers and bools can be formatted as binary, was given "),
    "x": Verb(
        _INTEGERS | {Kind.STRING, Kind.BYTES},
        "only integers, byte buffers, and strings can be formatted as hex, was given ",
    ),
    "o": Verb(_INTEGERS, "octal clause can only be used on integers, was given "),
}


class Clause(NamedTuple):
    """One `%...` of a format string.

    letter: as written, so `X` and `x` differ. precision: None if not given.
    """

    letter: str
    precision: int | None

    @property
    def verb(self) -> Verb:
        """Give what the letter takes."""
        return VERBS[self.letter.lower()]


class FormatError(Exception):
    """Refuse a format string or one of its arguments."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


def interpolate(text: str, count: int, replace: Callable[[int, Clause], str], *, static: bool = False) -> str:
    """Replace every clause of a format string by what `replace(argument index, clause)` gives.

    count: how many arguments there are.
    replace: may raise FormatError; its message is prefixed with `error during formatting: `.
    static: when an expression is checked, a lone `%` at the end counts before a missing argument.

    Raises FormatError for a malformed string, a missing argument, or what `replace` refuses.
    """
    parts: list[str] = []
    index = 0
    position = 0
    while True:
        percent = text.find("%", position)
        if percent < 0:
            parts.append(text[position:])
            return "".join(parts)
        parts.append(text[position:percent])
        if text.startswith("%", percent + 1):
            parts.append("%")
            position = percent + 2
            continue
        if index >= count and not static:
            raise FormatError(f"index {index} out of range")
        if percent + 1 == len(text):
            raise FormatError("unexpected end of string")
        if index >= count:
            raise FormatError(f"index {index} out of range")
        try:
            clause, position = _parse_clause(text, percent + 1)
        except FormatError as error:
            raise FormatError(f"could not parse formatting clause: {error.message}") from None
        try:
            parts.append(replace(index, clause))
        except FormatError as error:
            raise FormatError(f"error during formatting: {error.message}") from None
        index += 1


def format_values(text: str, values: Sequence[Value]) -> str:
    """Evaluate `text.format(values)`. Raises EvaluationError, and ResultTooLarge past MAX_STRING.

    A call costs 1 whatever it makes, so a chain of calls could grow a string without bound.
    """
    length = len(text)

    def replace(index: int, clause: Clause) -> str:
        nonlocal length
        try:
            formatted = format_argument(clause.letter, clause.precision, values[index])
        except ValueError as error:
            raise FormatError(str(error)) from None
        if formatted is None:
            raise FormatError(clause.verb.refusal + type_name(values[index]))
        length += len(formatted)
        if length > MAX_STRING:
            raise ResultTooLarge(length)
        return formatted

    try:
        return interpolate(text, len(values), replace)
    except FormatError as error:
        raise EvaluationError(error.message) from None


def _parse_clause(text: str, position: int) -> tuple[Clause, int]:
    precision = None
    if text[position] == ".":
        end = position + 1
        while end < len(text) and "0" <= text[end] <= "9":
            end += 1
        precision = _parse_precision(text[position + 1 : end], at_end=end == len(text))
        position = end
    letter = text[position]
    if letter not in "sdfebxXo":
        # The format string is read byte by byte: of a wider character the first byte is shown.
        shown = chr(letter.encode("utf-8", "surrogatepass")[0])
        raise FormatError(f'unrecognized formatting clause "{shown}"')
    return Clause(letter, precision), position + 1


def _parse_precision(digits: str, *, at_end: bool) -> int:
    if at_end:
        raise FormatError("error while parsing precision: could not find end of precision specifier")
    significant = digits.lstrip("0")
    precision = int(significant or 0) if len(significant) < 20 else _MAX_PRECISION + 1
    if not digits or precision > _MAX_PRECISION:
        reason = "value out of range" if digits else "invalid syntax"
        raise FormatError(
            "error while parsing precision: error while converting precision to integer: "
            f'strconv.Atoi: parsing "{digits}": {reason}'
        )
    return precision
