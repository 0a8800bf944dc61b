"""Where documents come from: YAML and JSON with places, files and directories."""

from __future__ import annotations

from policy_engine.sources.document import Broken, Document, LeftOut, Note
from policy_engine.sources.files import (
    STDIN,
    STDIN_NAME,
    find_files,
    read_entries,
    read_file,
    read_paths,
    shown_name,
)
from policy_engine.sources.limits import DEFAULT_LIMITS, Limits
from policy_engine.sources.problems import DocumentError, ProblemCode
from policy_engine.sources.reading import DocumentReader, Entry
from policy_engine.sources.text import Excerpt, Place, Span
from policy_engine.sources.walk import Unfollowed

__all__ = [
    "DEFAULT_LIMITS",
    "STDIN",
    "STDIN_NAME",
    "Broken",
    "Document",
    "DocumentError",
    "DocumentReader",
    "Entry",
    "Excerpt",
    "LeftOut",
    "Limits",
    "Note",
    "Place",
    "ProblemCode",
    "Span",
    "Unfollowed",
    "find_files",
    "read_entries",
    "read_file",
    "read_paths",
    "shown_name",
]
