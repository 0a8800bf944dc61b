"""HCL as Terraform, Packer and Nomad write it, parsed by python-hcl2; its tree becomes data here.

Blocks become lists, labels become keys: `resource "a" "b" {}` is `{"resource": [{"a": {"b": {}}}]}`. What only an
evaluation could tell stays text: `var.x` is `"${var.x}"`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from policy_engine.field_paths import FieldPath
from policy_engine.sources.formats.data import Parsed
from policy_engine.sources.formats.problems import (
    FormatCode,
    FormatError,
    duplicate_key,
    library_missing,
    refuse_long_blanks,
    too_deep,
)
from policy_engine.sources.limits import Limits
from policy_engine.sources.problems import ProblemCode
from policy_engine.sources.text import Place, SourceText
from policy_engine.sources.values import JsonValue

if TYPE_CHECKING:
    from lark import Token, Tree

    Branch = Tree[Token]

_ESCAPE = re.compile(r"\\(?:([nrt\"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_HEREDOC_START = re.compile(r"<<-?[^\r\n]*\r?\n")
_LITERALS: dict[str, JsonValue] = {"true": True, "false": False, "null": None}
_NAMES = ("identifier", "keyword", "literal_value")
MAX_DIGITS = 20  # more are beyond 64 bits


def read(source: SourceText, limits: Limits) -> Parsed:
    """Read HCL. Raises: FormatError."""
    try:
        import hcl2
        from lark.exceptions import UnexpectedInput, UnexpectedToken
    except ImportError:
        raise library_missing("python-hcl2") from None
    refuse_long_blanks(source)
    try:
        tree = hcl2.parses_to_tree(source.text)
    except UnexpectedInput as error:
        ends = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        message = "ends too early" if ends else "expected an attribute, a block or a value, found something else"
        place = Place(error.line, error.column)
        raise FormatError(message, code=FormatCode.HCL_SYNTAX, place=place) from None
    reading = _Reading(source.text, limits)
    return Parsed(reading.body(next(_branches(tree)), ()), reading.places)


class _Reading:
    """Turns the tree of one text into data. Every method gives the value of one part, at a path."""

    def __init__(self, text: str, limits: Limits) -> None:
        self.places: dict[FieldPath, Place] = {}
        self._text = text
        self._limits = limits

    def body(self, body: Branch, path: FieldPath) -> dict[str, JsonValue]:
        result: dict[str, JsonValue] = {}
        blocks: dict[str, list[JsonValue]] = {}
        for child in _branches(body):
            if child.data == "new_line_or_comment":
                continue
            name, *others = _branches(child)
            key, place = _word(name), _place(child)
            if key in result and (child.data == "attribute" or key not in blocks):
                raise duplicate_key(key, place)
            if child.data == "attribute":
                self.places[(*path, key)] = place
                result[key] = self.value(others[0], (*path, key))
            else:
                result[key] = blocks.setdefault(key, [])
                blocks[key].append(self._block(others, (*path, key, len(blocks[key])), place))
        return result

    def _block(self, parts: list[Branch], path: FieldPath, place: Place) -> JsonValue:
        *labels, body = [part for part in parts if part.data != "new_line_or_comment"]
        names = [self._quoted(label) if label.data == "string" else _word(label) for label in labels]
        self.places[path] = place
        self._keep_within(path + tuple(names), body)
        value: JsonValue = self.body(body, path + tuple(names))
        for name in reversed(names):
            value = {name: value}
        return value

    def value(self, term: Branch, path: FieldPath) -> JsonValue:
        self._keep_within(path, term)
        if term.data == "unary_op":
            return self._negated(term, path)
        parts = [part for part in _branches(term) if part.data != "new_line_or_comment"]
        if term.data != "expr_term" or len(parts) != 1:
            return self._expression(term)
        (part,) = parts
        match part.data:
            case "expr_term" | "unary_op":  # in parentheses
                return self.value(part, path)
            case "string":
                return self._quoted(part)
            case "literal_value":
                return _LITERALS[_word(part)]
            case "int_lit" | "float_lit":
                return _number(_word(part), _place(part))
            case "heredoc_template" | "heredoc_template_trim":
                return _heredoc(_word(part), dedent=part.data == "heredoc_template_trim")
            case "tuple":
                items = [item for item in _branches(part) if item.data != "new_line_or_comment"]
                return [self.value(item, (*path, index)) for index, item in enumerate(items)]
            case "object":
                return self._object(part, path)
            case _:
                return self._expression(term)

    def _object(self, object: Branch, path: FieldPath) -> JsonValue:
        result: dict[str, JsonValue] = {}
        for element in _branches(object):
            if element.data != "object_elem":
                continue
            key_part, value = _branches(element)
            key, place = self._key(next(_branches(key_part))), _place(element)
            if key in result:
                raise duplicate_key(key, place)
            self.places[(*path, key)] = place
            result[key] = self.value(value, (*path, key))
        return result

    def _key(self, key: Branch) -> str:
        parts = list(_branches(key))
        if key.data == "keyword":
            return _word(key)
        if len(parts) == 1 and len(key.children) == 1:
            if parts[0].data == "string":
                return self._quoted(parts[0])
            if parts[0].data in (*_NAMES, "int_lit", "float_lit"):
                return _word(parts[0])
        return self._expression(key)

    def _negated(self, term: Branch, path: FieldPath) -> JsonValue:
        (operand,) = _branches(term)
        value = self.value(operand, path)
        if isinstance(value, int | float) and not isinstance(value, bool) and str(term.children[0]) == "-":
            return -value
        return self._expression(term)

    def _quoted(self, string: Branch) -> str:
        """Give a string; `${}` and `%{}` in it stay as they are written, and so does `$${`, which is neither."""
        texts: list[str] = []
        for part in _branches(string):
            content = part.children[0]
            if isinstance(content, str):
                texts.append(_ESCAPE.sub(_unescaped, content) if content.type == "STRING_CHARS" else content)
            else:
                texts.append(self._written(content))
        return "".join(texts)

    def _expression(self, term: Branch) -> str:
        return "${" + self._written(term) + "}"

    def _written(self, part: Branch) -> str:
        return self._text[part.meta.start_pos : _end(part)]

    def _keep_within(self, path: FieldPath, part: Branch) -> None:
        if len(path) > self._limits.depth:
            raise too_deep(self._limits.depth, _place(part) if not part.meta.empty else None)


def _branches(part: Branch) -> Iterator[Branch]:
    """Give the children of a part that are no tokens."""
    return (child for child in part.children if not isinstance(child, str))


def _word(part: Branch) -> str:
    return str(part.children[0])


def _place(part: Branch) -> Place:
    return Place(part.meta.line, part.meta.column)


def _end(part: Branch) -> int:
    """Give where a part ends, without the line ends and comments that python-hcl2 counts to it."""
    while True:
        last = next(
            child
            for child in reversed(part.children)
            if isinstance(child, str) or child.data != "new_line_or_comment"
        )
        if isinstance(last, str):
            return part.meta.end_pos if last.end_pos is None else last.end_pos
        part = last


def _number(text: str, place: Place) -> int | float:
    if not text.lstrip("-").isdigit():
        return float(text)
    if len(text) > MAX_DIGITS:
        raise FormatError("holds an integer beyond 64 bits", code=ProblemCode.UNSUPPORTED_VALUE, place=place)
    return int(text)


def _unescaped(found: re.Match[str]) -> str:
    simple, *digits = found.groups()
    if simple is not None:
        return _ESCAPED[simple]
    code = int(next(filter(None, digits)), 16)
    is_character = code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF
    return chr(code) if is_character else found[0]


def _heredoc(text: str, *, dedent: bool) -> str:
    """Give the lines between the markers, each with its line feed."""
    start = _HEREDOC_START.match(text)
    body = text[start.end() if start is not None else 0 :].rstrip("\r\n")
    lines = body.split("\n")[:-1]
    if dedent:
        indents = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
        lines = [line[min(indents, default=0) :] for line in lines]
    return "".join(f"{line}\n" for line in lines)
