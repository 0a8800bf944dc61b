"""What can be wrong with a file or a document, each with a stable code and a place in the text."""

from __future__ import annotations

from enum import StrEnum

from policy_engine.errors import InputError


class ProblemCode(StrEnum):
    """The codes of everything that keeps a document from being judged."""

    FILE_UNREADABLE = "file-unreadable"
    FILE_TOO_LARGE = "file-too-large"
    NOT_TEXT = "not-text"
    TOO_MANY_DOCUMENTS = "too-many-documents"
    YAML_SYNTAX = "yaml-syntax"
    JSON_SYNTAX = "json-syntax"
    HELM_TEMPLATE = "helm-template"
    DOCUMENT_SEPARATOR = "document-separator"
    DUPLICATE_KEY = "duplicate-key"
    UNSUPPORTED_KEY = "unsupported-key"
    UNSUPPORTED_VALUE = "unsupported-value"
    TAG_MISMATCH = "tag-mismatch"
    ALIAS_INVALID = "alias-invalid"
    TOO_DEEP = "too-deep"
    TOO_MANY_NODES = "too-many-nodes"
    SCALAR_TOO_LONG = "scalar-too-long"
    LIST_INVALID = "list-invalid"


class DocumentError(InputError):
    """Refuse a document at one place.

    offset: code points from the start of the text that was being read.
    related: another place that belongs to the story, or None; related_note says which.
    """

    def __init__(
        self,
        message: str,
        *,
        code: ProblemCode,
        offset: int,
        help: str = "",
        related: int | None = None,
        related_note: str = "",
    ) -> None:
        super().__init__(message, code=code.value, help=help)
        self.offset = offset
        self.related = related
        self.related_note = related_note
