"""Places in files, and files that cannot be read, as every report has them in JSON."""

from __future__ import annotations

from policy_engine.sources.document import Broken
from policy_engine.sources.text import Place, Span
from policy_engine.sources.values import JsonObject


def location(path: str, where: Span | Place | None) -> JsonObject:
    """Give a place, or the whole file where there is none. The end is exclusive."""
    if where is None:
        return {"path": path}
    if isinstance(where, Place):
        return {"path": path, "line": where.line, "column": where.column}
    start, end = where.start, where.end
    return {
        "path": path,
        "line": start.line,
        "column": start.column,
        "endLine": end.line,
        "endColumn": end.column,
    }


def broken_file(broken: Broken) -> JsonObject:
    """Give what keeps a file, or one of its documents, from being read."""
    note = broken.note
    return {
        "code": str(broken.code),
        "message": broken.message,
        "help": broken.help,
        "location": location(broken.path, broken.place),
        "related": None
        if note is None
        else {"message": note.text, **location(note.path or broken.path, note.place)},
    }
