"""JSON text to values and nodes, as the API server reads it: ints of 64 bits, everything else a float."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from policy_engine.sources.fits import fits
from policy_engine.sources.limits import Limits
from policy_engine.sources.nodes import MappingNode, Node, ScalarNode, SequenceNode
from policy_engine.sources.numbers import from_json_number
from policy_engine.sources.problems import DocumentError, ProblemCode
from policy_engine.sources.values import JsonValue

_TOKEN = re.compile(
    r"""[ \t\n\r]*(?:
        (?P<mark>[\[\]{},:])
      | (?P<string>"[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*)*")
      | (?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)
      | (?P<word>true|false|null)
      | (?P<end>\Z)
    )""",
    re.VERBOSE | re.ASCII,
)
_SPACE = re.compile(r"[ \t\n\r]*")
_WORDS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_SURROGATES = re.compile("[\ud800-\udfff]")
# Numbers that Python and Go may read differently, and escapes that may stand for half a character.
_UNUSUAL = re.compile(r"[0-9]{19}|[0-9][eE]\+?[0-9]{3}|\\u[dD][89a-fA-F]", re.ASCII)


class JsonDocument(NamedTuple):
    """One value of a stream of JSON, and the offsets of its text."""

    value: JsonValue
    start: int
    end: int


def read_json(text: str, offset: int, limits: Limits) -> JsonDocument | None:
    """Read the next JSON value of a stream, or give None where only white space is left.

    Raises: DocumentError.
    """
    start = _skip_space(text, offset)
    if start == len(text):
        return None
    quick = _read_quickly(text, start, limits)
    if quick is not None:
        return quick
    value, node = _Scanner(text, limits).read(start)
    return JsonDocument(value, start, node.end)


def json_nodes(text: str, offset: int, limits: Limits) -> Node:
    """Give the nodes of the JSON value at an offset. Their places count from the text's start."""
    return _Scanner(text, limits).read(offset)[1]


def _skip_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    assert space is not None  # it matches nothing, too
    return space.end()


def _read_quickly(text: str, start: int, limits: Limits) -> JsonDocument | None:
    """Let the standard library read what is within limits and not unusual, or give None."""
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    if _UNUSUAL.search(text, start, end) is not None:
        return None
    containers = text.count("{", start, end) + text.count("[", start, end)
    if containers > limits.depth or end - start >= min(limits.nodes, limits.scalar_length):
        return JsonDocument(value, start, end) if fits(value, limits) else None
    return JsonDocument(value, start, end)


def _without_duplicates(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError
    return result


def _refuse_constant(name: str) -> JsonValue:
    raise ValueError


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)


class _Scanner:
    """Reads one JSON value with the places of everything in it. Iterative, within limits."""

    def __init__(self, text: str, limits: Limits) -> None:
        self._text = text
        self._limits = limits
        self._at = 0

    def read(self, offset: int) -> tuple[JsonValue, Node]:
        self._at = offset
        stack: list[tuple[JsonValue, SequenceNode | MappingNode, ScalarNode | None]] = []
        count = 0
        while True:
            count += 1
            value, node, opened = self._value()
            if count > self._limits.nodes:
                raise self._error(f"more than {self._limits.nodes} nodes", node.start, ProblemCode.TOO_MANY_NODES)
            key: ScalarNode | None = None
            if opened:
                if len(stack) >= self._limits.depth:
                    message = f"nested more than {self._limits.depth} levels deep"
                    raise self._error(message, node.start, ProblemCode.TOO_DEEP)
                assert isinstance(node, SequenceNode | MappingNode)
                if isinstance(node, MappingNode):
                    key = self._key({}, first=True)
                    opened = key is not None
                else:
                    opened = not self._closes("]")
                if opened:
                    stack.append((value, node, key))
                    continue
                node.end = self._at
            # A value is complete: put it where it belongs, and close what ends with it.
            while True:
                if not stack:
                    return value, node
                outer, outer_node, key = stack.pop()
                if isinstance(outer, dict):
                    assert isinstance(outer_node, MappingNode)
                    assert key is not None
                    outer[key.text] = value
                    outer_node.pairs.append((key, node))
                    if self._separator("}"):
                        stack.append((outer, outer_node, self._key(outer, first=False, node=outer_node)))
                        break
                else:
                    assert isinstance(outer, list)
                    assert isinstance(outer_node, SequenceNode)
                    outer.append(value)
                    outer_node.items.append(node)
                    if self._separator("]"):
                        stack.append((outer, outer_node, None))
                        break
                outer_node.end = self._at
                value, node = outer, outer_node

    def _value(self) -> tuple[JsonValue, Node, bool]:
        found = self._token("a value")
        kind, text = found.lastgroup, found[found.lastgroup or 0]
        start, end = found.span(kind or 0)
        if kind == "string":
            string = self._string(text, start)
            return string, ScalarNode(start, end, string), False
        if kind == "number":
            return self._number(text, start), ScalarNode(start, end, text), False
        if kind == "word":
            return _WORDS[text], ScalarNode(start, end, text), False
        if text == "{":
            return {}, MappingNode(start), True
        if text == "[":
            return [], SequenceNode(start), True
        raise self._syntax("a value", start)

    def _key(
        self, members: dict[str, JsonValue], *, first: bool, node: MappingNode | None = None
    ) -> ScalarNode | None:
        """Read a key and its colon; None for the end of an empty object."""
        found = self._token("a key in double quotes")
        if first and found["mark"] == "}":
            return None
        if found["string"] is None:
            raise self._syntax("a key in double quotes", found.end() - len(found[0].lstrip()))
        start, end = found.span("string")
        key = ScalarNode(start, end, self._string(found["string"], start))
        colon = self._token("`:`")
        if colon["mark"] != ":":
            raise self._syntax("`:`", colon.end() - len(colon[0].lstrip()))
        if key.text in members and node is not None:
            before = next(
                written.start
                for written, _ in node.pairs
                if isinstance(written, ScalarNode) and written.text == key.text
            )
            raise DocumentError(
                f"key `{key.text}` is already set in this object",
                code=ProblemCode.DUPLICATE_KEY,
                offset=start,
                help="keep one of them: which one counts depends on who reads the file",
                related=before,
                related_note="set before here",
            )
        return key

    def _closes(self, mark: str) -> bool:
        found = _TOKEN.match(self._text, self._at)
        if found is None or found["mark"] != mark:
            return False
        self._at = found.end()
        return True

    def _separator(self, closing: str) -> bool:
        """Read what follows a member: true for a comma, false for the end."""
        found = self._token(f"`,` or `{closing}`")
        if found["mark"] == ",":
            return True
        if found["mark"] != closing:
            raise self._syntax(f"`,` or `{closing}`", found.end() - len(found[0].lstrip()))
        return False

    def _token(self, expected: str) -> re.Match[str]:
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self._syntax(expected, _skip_space(self._text, self._at))
        self._at = found.end()
        return found

    def _string(self, text: str, start: int) -> str:
        if len(text) - 2 > self._limits.scalar_length:
            raise self._error(
                f"a string is longer than {self._limits.scalar_length} characters",
                start,
                ProblemCode.SCALAR_TOO_LONG,
            )
        if "\\" not in text:
            return text[1:-1]
        string: str = json.loads(text)
        return _SURROGATES.sub("\ufffd", string)  # Source: Go encoding/json `unquoteBytes`

    def _number(self, text: str, start: int) -> int | float:
        number = from_json_number(text)
        if number in (float("inf"), float("-inf")):
            raise self._error(f"the number `{text[:40]}` is too large", start, ProblemCode.UNSUPPORTED_VALUE)
        return number

    def _syntax(self, expected: str, offset: int) -> DocumentError:
        found = self._text[offset : offset + 1]
        return self._error(
            f"not JSON: expected {expected}, found {f'`{found}`' if found else 'the end'}",
            offset,
            ProblemCode.JSON_SYNTAX,
        )

    def _error(self, message: str, offset: int, code: ProblemCode) -> DocumentError:
        return DocumentError(message, code=code, offset=offset)
