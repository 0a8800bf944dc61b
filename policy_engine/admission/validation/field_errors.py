"""What the API server has against a field, in its own words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from policy_engine.admission.validation.go_text import GoValue, render
from policy_engine.cel.errors import CompileError
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.field_paths import FieldPath
from policy_engine.records import record


class ErrorKind(StrEnum):
    """Why a field is refused. The value is how the API server starts its sentence."""

    DUPLICATE = "Duplicate value"
    FORBIDDEN = "Forbidden"
    INTERNAL = "Internal error"
    INVALID = "Invalid value"
    NOT_SUPPORTED = "Unsupported value"
    REQUIRED = "Required value"
    TOO_LONG = "Too long"
    TOO_MANY = "Too many"
    TYPE_INVALID = "Invalid type"
    UNKNOWN_FIELD = "Unknown field"
    UNKNOWN_KIND = "Unknown kind"


@record(kw_only=True)
class FieldError:
    """One finding about a policy or a binding.

    path: keys and indices from the root of the document; may name a field that is not there.
    message: the API server's text for it, its own `spec.x[0]: ` in front where the server puts one.
        The text of a compile error has several lines.
    cause: the compile error behind it, with places inside the expression.
    suggestion: the name that was probably meant, or empty.
    """

    path: FieldPath
    kind: ErrorKind
    message: str
    cause: CompileError | None = None
    suggestion: str = ""


def render_path(path: FieldPath) -> str:
    """Write a path as the API server does, with a dot before every key, whatever the key holds."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def required(path: FieldPath, detail: str = "") -> FieldError:
    """Say that a value is missing."""
    return _without_value(path, ErrorKind.REQUIRED, detail)


def forbidden(path: FieldPath, detail: str) -> FieldError:
    """Say that a value may not stand here."""
    return _without_value(path, ErrorKind.FORBIDDEN, detail)


def internal(path: FieldPath, detail: str, cause: CompileError | None = None) -> FieldError:
    """Say that the server could not do its work with a value."""
    return _without_value(path, ErrorKind.INTERNAL, detail, cause)


def too_long(path: FieldPath, limit_bytes: int) -> FieldError:
    """Say that a value has too many bytes."""
    return _without_value(path, ErrorKind.TOO_LONG, f"may not be more than {limit_bytes} bytes")


def invalid(path: FieldPath, value: GoValue, detail: str, cause: CompileError | None = None) -> FieldError:
    """Say that a value is malformed."""
    return _with_value(path, ErrorKind.INVALID, value, detail, cause)


def duplicate(path: FieldPath, value: GoValue) -> FieldError:
    """Say that a value is there twice."""
    return _with_value(path, ErrorKind.DUPLICATE, value, "")


def not_supported(path: FieldPath, value: GoValue, supported: Iterable[str]) -> FieldError:
    """Say that a value is none of the known ones; `supported` is listed as given."""
    listed = ", ".join(map(quote, supported))
    return _with_value(path, ErrorKind.NOT_SUPPORTED, value, f"supported values: {listed}")


def too_many(path: FieldPath, count: int, limit: int) -> FieldError:
    """Say that a list has too many items."""
    return _with_value(path, ErrorKind.TOO_MANY, count, f"must have at most {limit} items")


def _without_value(path: FieldPath, kind: ErrorKind, detail: str, cause: CompileError | None = None) -> FieldError:
    body = f"{kind}: {detail}" if detail else str(kind)
    return FieldError(path=path, kind=kind, message=f"{render_path(path)}: {body}", cause=cause)


def _with_value(
    path: FieldPath, kind: ErrorKind, value: GoValue, detail: str, cause: CompileError | None = None
) -> FieldError:
    return _without_value(path, kind, f"{render(value)}: {detail}" if detail else render(value), cause)
