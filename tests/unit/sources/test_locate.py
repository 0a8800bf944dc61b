from __future__ import annotations

import pytest

from policy_engine.sources import Document, DocumentReader, Place, Span

TEXT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {"app.io/name": web}}
spec:
  # how many
  replicas: 3
  on: yes
  template:
    spec:
      containers:
      - name: app   # the first
        image: nginx
      - &second
        name: sidecar
        ports: []

      copies:
      - *second
      - <<: *second
        name: third
"""


@pytest.fixture
def document() -> Document:
    (entry,) = DocumentReader().read("web.yaml", TEXT.encode())
    assert isinstance(entry, Document)
    return entry


def text_of(span: Span) -> str:
    lines = TEXT.splitlines()[span.start.line - 1 : span.end.line]
    lines[-1] = lines[-1][: span.end.column - 1]
    lines[0] = lines[0][span.start.column - 1 :]
    return "\n".join(lines)


def test_a_field_spans_its_key_and_value(document: Document) -> None:
    assert text_of(document.locate(("spec", "replicas"))) == "replicas: 3"


def test_a_block_ends_with_its_last_line(document: Document) -> None:
    span = document.locate(("spec", "template", "spec", "containers", 0))
    assert text_of(span) == "name: app   # the first\n        image: nginx"


def test_keys_with_dots_are_one_segment(document: Document) -> None:
    assert text_of(document.locate(("metadata", "labels", "app.io/name"))) == '"app.io/name": web'


def test_keys_are_found_by_what_they_become(document: Document) -> None:
    assert document.locate(("spec", "true")).start == Place(7, 3)


def test_a_missing_field_points_at_the_nearest_ancestors_key(document: Document) -> None:
    assert text_of(document.locate(("spec", "strategy", "type"))) == "spec"


def test_a_missing_field_of_the_object_points_at_its_first_line(document: Document) -> None:
    assert text_of(document.locate(("status",))) == "apiVersion: apps/v1"


def test_a_missing_item_points_at_the_list(document: Document) -> None:
    assert text_of(document.locate(("spec", "template", "spec", "containers", 7))) == "containers"


def test_a_field_of_an_alias_is_where_the_anchor_is(document: Document) -> None:
    assert document.locate(("spec", "template", "spec", "copies", 0, "name")).start == Place(14, 9)


def test_an_alias_itself_is_where_it_is_used(document: Document) -> None:
    assert document.locate(("spec", "template", "spec", "copies", 0)).start == Place(18, 9)


def test_a_merged_field_is_where_it_is_written(document: Document) -> None:
    copies = ("spec", "template", "spec", "copies", 1)
    assert document.locate((*copies, "ports")).start == Place(15, 9)
    assert document.locate((*copies, "name")).start == Place(20, 9)
