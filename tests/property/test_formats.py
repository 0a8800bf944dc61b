"""Reading files as data: whatever the bytes, an answer, and one that JSON can hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_engine.sources import Broken, Limits
from policy_engine.sources.formats import FileData, read_data

NAMES = ("a.yaml", "a.json", "a.toml", "a.tf", "Dockerfile", ".env", "a.ini", ".gitconfig", "a.xml")
LIMITS = Limits(depth=10, nodes=1000, scalar_length=1000)

# Pieces of all formats: put together at random they are nearly right far more often than any bytes.
PIECES = st.sampled_from(
    (
        *"abc01\n\n\r\t =:.,;#&*!$%'\"`\\[]{}()<>/-?|@~^\0\ufeff\x85\u2028é",
        *(
            "a = ",
            "[a]\n",
            "[[a]]\n",
            "a.b",
            '"""',
            "'''",
            "1979-05-27T07:32:00Z",
            "1e999",
            "nan",
            "0x1",
            "\\u00e9",
        ),
        *('resource "a" "b" {\n', "}\n", "${", "%{", "<<E\n", "<<-E\n", "E\n", "for", "true", "null", "/*", "*/"),
        *("FROM a\n", "RUN ", "USER b\n", "# escape=`\n", "\\\n", '["a"]', "--a=b ", "ONBUILD "),
        *(
            "export ",
            "A=1\n",
            "<a>",
            "</a>",
            "<a b='c'>",
            "<!DOCTYPE a [",
            "<!ENTITY a 'b'>",
            "&a;",
            "&#0;",
            "<![CDATA[",
        ),
        *("---\n", "- ", "? ", "&x ", "*x", "!!int ", "{{ x }}", "  "),
    )
)


def assert_is_answer(path: str, data: bytes) -> None:
    found = read_data(path, data, LIMITS)
    if isinstance(found, Broken):
        assert found.code
        assert found.message
        return
    assert isinstance(found, FileData)
    json.dumps(found.documents, allow_nan=False, ensure_ascii=False).encode()
    assert len(found.documents) == len(found.layouts) >= 1
    for document, places in zip(found.documents, found.layouts, strict=True):
        fields = list(document) if isinstance(document, dict) else []
        for path_inside in ((), *((field,) for field in fields)):
            span = places.locate(path_inside)
            assert places.start() >= (1, 1)
            assert span.start <= span.end
            places.source.excerpt(span.start)


@pytest.mark.parametrize("path", NAMES)
@given(data=st.binary(max_size=200))
def test_any_bytes_have_an_answer(path: str, data: bytes) -> None:
    assert_is_answer(path, data)


@pytest.mark.parametrize("path", NAMES)
@given(pieces=st.lists(PIECES, max_size=30))
def test_any_text_that_is_nearly_right_has_an_answer(path: str, pieces: list[str]) -> None:
    assert_is_answer(path, "".join(pieces).encode())
