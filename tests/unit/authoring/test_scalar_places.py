"""A character of a scalar's value is found in the text, however the scalar is written."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.authoring.scalar_places import place_in_scalar


def composed(document: str) -> yaml.Node:
    root = yaml.compose(document)
    assert root is not None
    return root


def find(document: str, offset: int, *, key: str = "e") -> tuple[int, str] | None:
    """Compose the document, and give the offset found and the text from there."""
    (node,) = [value for name, value in composed(document).value if name.value == key]
    at = place_in_scalar(document, node.start_mark.index, node.value, offset)
    return None if at is None else (at, document[at:])


@pytest.mark.parametrize(
    ("document", "value", "wanted"),
    [
        pytest.param("e: object.spec.a", "spec", "spec.a", id="plain"),
        pytest.param("e:   a &&\n  b.c", "b.c", "b.c", id="plain over two lines"),
        pytest.param("e: a &&  \n\n\n   b.c\nf: 1", "b.c", "b.c\nf: 1", id="plain with blank lines"),
        pytest.param("e: 'it''s a.b'", "a.b", "a.b'", id="single quotes"),
        pytest.param('e: "a\\n\\"x\\" \\u00e9 b.c"', "b.c", 'b.c"', id="double quotes with escapes"),
        pytest.param('e: "a \\\n   b.c"', "b.c", 'b.c"', id="double quotes with an escaped line break"),
        pytest.param("e: |\n  a &&\n    b.c\n", "b.c", "b.c\n", id="literal block"),
        pytest.param("e: |-\n\n  a &&\n\n  b.c\n", "b.c", "b.c\n", id="literal block with blank lines"),
        pytest.param("e: |2\n    a &&\n  b.c\n", "b.c", "b.c\n", id="literal block with a given indentation"),
        pytest.param("e: >-\n  a &&\n  b.c\n", "b.c", "b.c\n", id="folded block"),
        pytest.param("e: >\n  a &&\n    more\n  b.c\n", "b.c", "b.c\n", id="folded block with deeper lines"),
        pytest.param("e: !!str a.b", "a.b", "a.b", id="with a tag"),
        pytest.param("e: &x |\n  a\n  b.c\n", "b.c", "b.c\n", id="with an anchor"),
        pytest.param("e: |\r\n  a &&\r\n  b.c\r\n", "b.c", "b.c\r\n", id="CRLF"),
    ],
)
def test_finds_a_name_where_it_is_written(document: str, value: str, wanted: str) -> None:
    (scalar,) = [node.value for name, node in composed(document).value if name.value == "e"]
    found = find(document, scalar.index(value))
    assert found is not None
    assert found[1] == wanted


def test_finds_the_end_of_a_scalar() -> None:
    found = find("e: 'a &&'", len("a &&"))
    assert found == (8, "'")


def test_gives_nothing_where_value_and_text_do_not_fit() -> None:
    assert place_in_scalar("e: abc", 3, "xyz", 2) is None


@given(
    st.text(alphabet="ab.'\"\\ \n\té&|", min_size=1, max_size=30),
    st.sampled_from(["'", '"', "|", ">", None]),
    st.integers(0, 29),
)
def test_every_character_is_found_as_itself_whatever_the_style(value: str, style: str | None, index: int) -> None:
    document = yaml.dump({"outer": [{"e": value}]}, default_style=style, allow_unicode=True, width=20)
    node = composed(document).value[0][1].value[0].value[0][1]
    index %= len(node.value)
    at = place_in_scalar(document, node.start_mark.index, node.value, index)
    char = node.value[index]
    if at is not None and char.isalnum():
        assert document[at] == char or document[at] == "\\"
    assert at is not None or not char.isalnum()
