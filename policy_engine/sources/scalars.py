"""Scalars as kubectl and the API server read them: go-yaml v2's rules, then the way through JSON.

Source: go.yaml.in/yaml/v2 resolve.go and decode.go; sigs.k8s.io/yaml yaml.go, `convertToJSONableObject`;
k8s.io/apimachinery pkg/util/json. The tables differ from YAML 1.1 and from YAML 1.2.
"""

from __future__ import annotations

import base64
import binascii
import re

from policy_engine.cel.values.numbers import INT_MAX, INT_MIN, UINT_MAX
from policy_engine.sources.numbers import float_as_key, from_json_number, json_text

Scalar = str | int | float | bool | None

TAG_PREFIX = "tag:yaml.org,2002:"
_NULL, _BOOL, _INT, _FLOAT, _TIMESTAMP, _STR = "null", "bool", "int", "float", "timestamp", "str"
_RESOLVABLE = frozenset(TAG_PREFIX + name for name in (_NULL, _BOOL, _INT, _FLOAT, _TIMESTAMP, _STR))
_BINARY = TAG_PREFIX + "binary"
MERGE_TAG = TAG_PREFIX + "merge"

_WORDS: dict[str, tuple[str, Scalar]] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), (_BOOL, True)),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), (_BOOL, False)),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), (_NULL, None)),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), (_FLOAT, float("nan"))),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), (_FLOAT, float("inf"))),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), (_FLOAT, float("-inf"))),
}

_STRAY_BYTE = "[\udc80-\udcff]"
_DECIMAL = re.compile(r"[-+]?(?:0|[1-9][0-9]*)", re.ASCII)
_BASED = re.compile(r"([-+]?)0(?:[xX]([0-9a-fA-F]+)|[oO]?([0-7]+)|[bB]([01]+))", re.ASCII)
_FLOATING = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_LEADING_DOT = re.compile(r"\.[0-9]+(?:_[0-9]+)*(?:[eE][-+]?[0-9]+(?:_[0-9]+)*)?", re.ASCII)
_TIME = (  # compiled when it is first wanted, which is hardly ever
    r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})"
    r"(?:[Tt]([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?(?:Z|[-+][0-9]{2}:[0-9]{2})"
    r"| +([0-9]{1,2}):([0-9]{1,2}):([0-9]{1,2})(?:[.,][0-9]+)?)?"
)


class ScalarError(ValueError):
    """Say that a scalar has no meaning in JSON, or none under its tag."""


class UnsupportedValue(ScalarError):
    """Say that JSON has no such number (`.inf`, `.nan`)."""


class UnsupportedKey(ScalarError):
    """Say that a scalar cannot be a key."""


def plain_value(text: str) -> Scalar:
    """Give what an unquoted scalar without a tag means.

    Raises: UnsupportedValue.
    """
    return _through_json(*_resolve(text), text)


def tagged_value(tag: str, text: str) -> Scalar:
    """Give what a scalar under an explicit tag means, quoted or not.

    Raises: ScalarError where the text does not fit the tag.
    """
    return _through_json(*_resolve_tagged(tag, text), text)


def plain_key(text: str) -> str:
    """Give the JSON key that an unquoted scalar becomes: `y: 1` has the key `true`.

    Raises: UnsupportedKey.
    """
    return _as_key(*_resolve(text), text)


def tagged_key(tag: str, text: str) -> str:
    """Give the JSON key that a scalar under an explicit tag becomes.

    Raises: ScalarError.
    """
    return _as_key(*_resolve_tagged(tag, text), text)


def _resolve(text: str) -> tuple[str, Scalar]:
    if not text:
        return _NULL, None
    first = text[0]
    if first in "0123456789+-":
        word = _WORDS.get(text)
        return word if word is not None else _resolve_number(text)
    if first in "yYnNtTfFoO~.":
        word = _WORDS.get(text)
        if word is not None:
            return word
        if first == "." and _LEADING_DOT.fullmatch(text):
            return _floating(text.replace("_", ""), text)
    return _STR, text


def _resolve_number(text: str) -> tuple[str, Scalar]:
    # A date is a time to go-yaml, which then hands out the string that was written: no need to tell them apart.
    plain = text.replace("_", "")
    if _DECIMAL.fullmatch(plain):
        # Twenty digits are past every 64-bit number; longer ones must not reach int(), which refuses 4,300.
        if len(plain) <= 21 and INT_MIN <= (number := int(plain)) <= (INT_MAX if plain[0] in "+-" else UINT_MAX):
            return _INT, number
        return _floating(plain, text)
    based = _BASED.fullmatch(plain)
    if based is not None:
        sign, hexadecimal, octal, binary = based.groups()
        digits, base = (hexadecimal, 16) if hexadecimal else (octal, 8) if octal else (binary, 2)
        number = int(sign + digits, base)
        if INT_MIN <= number <= (INT_MAX if sign else UINT_MAX):
            return _INT, number
    if _FLOATING.fullmatch(plain):
        return _floating(plain, text)
    return _STR, text


def _floating(plain: str, text: str) -> tuple[str, Scalar]:
    number = float(plain)
    # Go's ParseFloat calls it an error when a number is too large, and the scalar stays a string.
    return (_STR, text) if number in (float("inf"), float("-inf")) else (_FLOAT, number)


def _resolve_tagged(tag: str, text: str) -> tuple[str, Scalar]:
    if tag == _BINARY:
        return _STR, _binary(text)
    if tag not in _RESOLVABLE:
        return _STR, text
    wanted = tag.removeprefix(TAG_PREFIX)
    if wanted == _STR:
        return _STR, text
    kind, value = _resolve(text)
    if kind == wanted or (wanted == _TIMESTAMP and kind == _STR and _is_timestamp(text)):
        return kind, value
    # go-yaml turns an int into a float here only while it fits 64 signed bits.
    if wanted == _FLOAT and kind == _INT and isinstance(value, int) and value <= INT_MAX:
        return _FLOAT, float(value)
    raise ScalarError(f"cannot decode !!{kind} `{text}` as a !!{wanted}")


def _binary(text: str) -> str:
    try:
        data = base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        raise ScalarError("!!binary value contains invalid base64 data") from None
    # Go's JSON encoder writes one U+FFFD for every byte that belongs to no character.
    return re.sub(_STRAY_BYTE, "\ufffd", data.decode("utf-8", "surrogateescape"))


def _through_json(kind: str, value: Scalar, text: str) -> Scalar:
    if isinstance(value, float):
        number = json_text(value)
        if number is None:
            raise UnsupportedValue(f"`{text}` is no number that JSON has")
        return from_json_number(number)
    if isinstance(value, int) and value > INT_MAX:
        return float(value)
    return value


def _as_key(kind: str, value: Scalar, text: str) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        raise UnsupportedKey("null cannot be a key")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return float_as_key(value)
    if value > INT_MAX:
        raise UnsupportedKey(f"`{text}` cannot be a key: it does not fit 64 signed bits")
    return str(value)


def _is_timestamp(text: str) -> bool:
    found = re.fullmatch(_TIME, text, re.ASCII)
    if found is None:
        return False
    year, month, day, *clock = (int(part) for part in found.groups(default="0"))
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    days = (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    hour, minute, second = clock[0] + clock[3], clock[1] + clock[4], clock[2] + clock[5]
    return 1 <= month <= 12 and 1 <= day <= days[month - 1] and hour < 24 and minute < 60 and second < 60
