from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from policy_engine.changes.files import file_document, file_object
from policy_engine.sources import Place
from policy_engine.sources.formats import FileData, read_data
from policy_engine.sources.text import HIDDEN_EXCERPT

FILES = {
    "a.yaml": "a: 1\n---\nb: 2\n",
    "a.json": "{}",
    "a.toml": "a = 1\n",
    "infra/main.tf": "a = 1\n",
    "Dockerfile": "# escape=`\nARG a\nFROM a AS b\nRUN <<E\nE\nCMD ['x']\n",
    ".env": "A=1\n",
    "a.ini": "[a]\n",
    "a.xml": "<a/>",
}


def read(path: str, text: str) -> FileData:
    found = read_data(path, text.encode())
    assert isinstance(found, FileData), found
    return found


def test_a_file_is_an_object_with_its_path_and_its_data() -> None:
    assert file_object("deploy/prod/a.yaml", read("a.yaml", FILES["a.yaml"]), size_bytes=14) == {
        "apiVersion": "polgate.io/v1alpha1",
        "kind": "File",
        "metadata": {"name": "deploy/prod/a.yaml"},
        "spec": {
            "path": "deploy/prod/a.yaml",
            "directory": "deploy/prod",
            "basename": "a.yaml",
            "extension": "yaml",
            "format": "yaml",
            "data": {"a": 1},
            "documents": [{"a": 1}, {"b": 2}],
            "sizeBytes": 14,
        },
    }


@pytest.mark.parametrize("path", FILES)
def test_every_object_of_a_file_keeps_to_the_published_schema(path: str, root: Path) -> None:
    schema = json.loads((root / "docs/schemas/file.v1alpha1.schema.json").read_text())
    value = file_object(path, read(path, FILES[path]))
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(value)] == []


def test_a_path_that_is_no_text_can_still_be_written_as_json() -> None:
    value = file_object("a\udcff.toml", read("a.toml", ""))
    assert json.dumps(value, ensure_ascii=False).encode()
    assert value["metadata"] == {"name": "a\\udcff.toml"}


def test_fields_of_the_data_lead_to_their_lines() -> None:
    document = file_document("a.yaml", read("a.yaml", FILES["a.yaml"]))
    assert document.locate(("spec", "data", "a")).start == Place(1, 1)
    assert document.locate(("spec", "documents", 1, "b")).start == Place(3, 1)
    assert document.layout.value_start(("spec", "documents", 1, "b")) == FILES["a.yaml"].index("2")


def test_fields_about_the_file_lead_to_its_first_line() -> None:
    document = file_document("a.toml", read("a.toml", "# c\na = 1\n"))
    assert document.start() == Place(1, 1)
    assert [document.locate(path).start for path in ((), ("spec", "path"), ("spec", "documents", 7))] == [
        Place(1, 1)
    ] * 3
    assert (document.kind, document.name) == ("File", "a.toml")


def test_a_secret_file_gives_no_excerpt() -> None:
    document = file_document(".env", read(".env", FILES[".env"]))
    assert document.excerpt(Place(1, 1)) == HIDDEN_EXCERPT
