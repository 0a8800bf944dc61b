"""Reading documents: nothing crashes it, and its two ways to values agree."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policy_engine.sources import Broken, Document, DocumentReader, LeftOut
from policy_engine.sources.compose import compose
from policy_engine.sources.construct import construct
from policy_engine.sources.json_text import _Scanner, read_json
from policy_engine.sources.limits import DEFAULT_LIMITS
from policy_engine.sources.problems import DocumentError
from policy_engine.sources.quick import QuickReader
from policy_engine.sources.text import SourceText
from policy_engine.sources.values import JsonValue

# What YAML is made of, so that random texts are often nearly right.
WORDS = 'a b c y 1 0x1f 1.5 ~ true << é 😀 \'q\' "d" "\\u0041" ... ---'
MARKS = "| > |- - ? : , [ ] { } # & * ! !!str !!int &a *a % {{"
SPACES = ("\n", "\n  ", "\n    ", "\n- ", ": ", " ", "\t", "\r\n", "a: ", "b: ", "- ", "\n---\n")
PIECES = (*WORDS.split(" "), *MARKS.split(" "), *SPACES)

yaml_text = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**64), 2**65),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
)
json_values = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=5), inner, max_size=4)),
    max_leaves=12,
)


def block(value: Any, indent: int = 0) -> str:
    """Write a value as block YAML, its scalars as JSON writes them."""
    lead = "  " * indent
    if isinstance(value, dict) and value:
        lines = [f"{lead}{json.dumps(key)}:{_after(member, indent + 1)}" for key, member in value.items()]
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{lead}-{_after(item, indent + 1)}" for item in value)
    return lead + json.dumps(value)


def _after(value: Any, indent: int) -> str:
    if isinstance(value, dict | list) and value:
        return "\n" + block(value, indent)
    return " " + json.dumps(value)


def whole_way(text: str) -> list[JsonValue] | None:
    try:
        return [construct(node) for node in compose(text, DEFAULT_LIMITS)]
    except DocumentError:
        return None


def exact(value: object) -> str:
    """Tell 1 from 1.0 and from true, which Python calls equal."""
    return repr(value)


@given(st.one_of(yaml_text, st.text()))
@settings(max_examples=400, deadline=None)
def test_no_text_crashes_the_reader(text: str) -> None:
    for entry in DocumentReader().read("a.yaml", text.encode("utf-8", "replace")):
        assert isinstance(entry, Document | Broken | LeftOut)
        if isinstance(entry, Broken) and entry.place is not None:
            assert entry.place.line >= 1
            assert entry.place.column >= 1


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_no_bytes_crash_the_reader(data: bytes) -> None:
    assert all(isinstance(e, Document | Broken | LeftOut) for e in DocumentReader().read("a.json", data))


@given(yaml_text)
@settings(max_examples=800, deadline=None)
def test_what_is_read_quickly_is_what_the_whole_way_reads(text: str) -> None:
    quick = QuickReader(DEFAULT_LIMITS).read(text)
    if quick is not None:
        whole = whole_way(text)
        assert whole is not None
        assert exact(quick[0]) == exact(whole[0] if whole else None)


@given(st.dictionaries(st.text(max_size=5), json_values, min_size=1, max_size=4))
@settings(deadline=None)
def test_block_yaml_is_read_quickly_and_right(value: dict[str, Any]) -> None:
    text = block(value)
    quick = QuickReader(DEFAULT_LIMITS).read(text)
    whole = whole_way(text)
    assert (quick is None) == (whole is None) or quick is None
    if quick is not None and whole is not None:
        assert exact(quick[0]) == exact(whole[0])


@given(json_values)
@settings(deadline=None)
def test_json_is_read_alike_with_places_and_without(value: Any) -> None:
    text = json.dumps({"a": value})
    quick = read_json(text, 0, DEFAULT_LIMITS)
    careful, node = _Scanner(text, DEFAULT_LIMITS).read(0)
    assert quick is not None
    assert exact(quick.value) == exact(careful)
    assert (quick.start, quick.end) == (node.start, node.end)


def paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, member in value.items():
            found += paths(member, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += paths(item, (*path, index))
    return found


@given(st.dictionaries(st.sampled_from("abcd"), json_values, max_size=3), st.booleans())
@settings(deadline=None)
def test_every_field_has_a_place_inside_its_parents(value: dict[str, Any], as_json: bool) -> None:
    value = {"apiVersion": "v1", "kind": "Pod", **value}
    text = json.dumps(value, indent=1) if as_json else block(value)
    for entry in DocumentReader().read("a", text.encode()):
        if not isinstance(entry, Document):
            continue
        for path in paths(entry.value):
            span = entry.locate(path)
            outer = entry.locate(path[:-1])
            assert outer.start <= span.start <= span.end <= outer.end


@given(yaml_text)
@settings(deadline=None)
def test_places_count_lines_as_the_text_has_them(text: str) -> None:
    source = SourceText("a.yaml", text)
    for offset in range(0, len(text) + 1, 3):
        place = source.place(offset)
        lines = text.split("\n")
        assert sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1 == offset
