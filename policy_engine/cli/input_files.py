"""Files that a command line names as values: one document each."""

from __future__ import annotations

from policy_engine.authoring.files import read_written
from policy_engine.errors import InputError
from policy_engine.sources.values import JsonValue


def read_value(path: str) -> JsonValue:
    """Read the one document of a YAML or JSON file; `-` is standard input. Raises: InputError."""
    documents = read_written(path)
    if len(documents) != 1:
        found = f"{len(documents)} documents" if documents else "nothing"
        raise InputError(f"`{path}`: expected one document, found {found}")
    return documents[0].value
