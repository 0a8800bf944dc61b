"""Literals that are refused although their types are in order."""

from __future__ import annotations

import pytest

from policy_engine.cel.environment import Environment
from policy_engine.cel.errors import CompileError
from policy_engine.cel.types import DYN


def findings(text: str, *, version: str = "1.36") -> list[str]:
    environment = Environment.kubernetes(version).extend(variables={"object": DYN})
    try:
        environment.check(text)
    except CompileError as refusal:
        places = [(issue.position(refusal.source), issue.message) for issue in refusal.issues]
        return [f"{place.line}:{place.column}: {message}" for place, message in places]
    return []


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("duration('1h')", []),
        ("duration('1 h')", ["1:10: invalid duration argument"]),
        ("true || duration('') == duration('x')", [f"1:{n}: invalid duration argument" for n in (18, 34)]),
        ("timestamp('2024-01-01T00:00:00Z')", []),
        ("timestamp('2024-01-01')", ["1:11: invalid timestamp argument"]),
        ("timestamp(253402300800)", ["1:11: invalid timestamp argument"]),
        ("timestamp(253402300799)", []),
        ("duration(string(1))", []),
        ("'a'.matches('(')", ["1:13: invalid matches argument"]),
        ("matches('(', 'a')", ["1:9: invalid matches argument"]),
        ("dyn('a').matches('a{2,1}')", ["1:18: invalid matches argument"]),
        ("'a'.matches('(' + '')", []),
        ("[1].all(x, 'a'.matches('['))", ["1:24: invalid matches argument"]),
    ],
)
def test_checks_literal_arguments(text: str, messages: list[str]) -> None:
    assert findings(text) == messages


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("[1, 'a', 2.0]", ["1:5: expected type 'int' but found 'string'"]),
        ("[dyn(1), 1]", ["1:10: expected type 'dyn' but found 'int'"]),
        ("[[1], ['a']]", ["1:7: expected type 'list(int)' but found 'list(string)'"]),
        ("[null, duration('1s')]", ["1:16: expected type 'null' but found 'duration'"]),
        (
            "{'a': 1, 1: 2, 'b': 'c'}",
            [
                "1:10: expected type 'string' but found 'int'",
                "1:21: expected type 'int' but found 'string'",
            ],
        ),
        ("{object.a: 1, 'b': 2}", ["1:15: expected type 'dyn' but found 'string'"]),
        ("[?optional.of(1), 2]", []),
        ("[?optional.of(1), 'a']", ["1:19: expected type 'int' but found 'string'"]),
        ("{?'a': optional.of(1), 'b': 2}", []),
        ("'%d %s'.format([1, 'a'])", []),
        ("'%s'.format([[1, 'a', {'b': 1, 2: null}]])", []),
        ("[1, 'a'].map(x, '%s'.format([x]))", ["1:5: expected type 'int' but found 'string'"]),
    ],
)
def test_lists_and_maps_are_homogeneous(text: str, messages: list[str]) -> None:
    assert findings(text) == messages


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("'%s %d %f %e %b %x %o %%'.format(['a', 1, 1.0, 1.0, true, b'a', 1u])", []),
        ("'%s'.format([object.a])", []),
        (
            "'%d'.format(['a'])",
            ["1:14: error during formatting: decimal clause can only be used on integers, was given string"],
        ),
        (
            "'%s %x'.format([1, 1.5])",
            [
                "1:20: error during formatting: only integers, byte buffers, and strings can be formatted as hex, "
                "was given double"
            ],
        ),
        (
            "'%s'.format([[{'a': quantity('1')}]])",
            [
                "1:29: error during formatting: string clause can only be used on strings, bools, bytes, ints, "
                "doubles, maps, lists, types, durations, and timestamps, was given kubernetes.Quantity"
            ],
        ),
        ("'%s%s'.format([1])", ["1:14: index 1 out of range"]),
        ("'%s'.format([1, 2])", ["1:12: too many arguments supplied to string.format (expected 1, got 2)"]),
        ("''.format([1])", ["1:10: too many arguments supplied to string.format (expected 0, got 1)"]),
        ("'%q'.format([1])", ['1:12: could not parse formatting clause: unrecognized formatting clause "q"']),
        ("'%'.format([1])", ["1:11: unexpected end of string"]),
        (
            "'%.f'.format([1.0])",
            [
                "1:13: could not parse formatting clause: error while parsing precision: "
                'error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax'
            ],
        ),
        ("object.f.format([1])", []),
        ("'%d'.format(object.args)", []),
    ],
)
def test_checks_format_strings(text: str, messages: list[str]) -> None:
    assert findings(text) == messages


def test_literal_arguments_are_checked_since_1_29() -> None:
    assert findings("'a'.matches('(')", version="1.28") == []
    assert findings("'a'.matches('(')", version="1.29") == ["1:13: invalid matches argument"]
    assert findings("[1, 'a']", version="1.28") == ["1:5: expected type 'int' but found 'string'"]
