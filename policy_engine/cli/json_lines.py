"""JSON Lines in, one line out for each: how other engines are laid beside this one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from policy_engine.errors import PolicyEngineError
from policy_engine.sources.numbers import from_json_number

MAX_LINE_BYTES = 64 * 1024 * 1024  # as much as a file of manifests may have: sources.limits.MAX_FILE_BYTES

Answer = Callable[[dict[str, Any]], Mapping[str, Any]]


class _BadLine(Exception):
    """Say that a line is no case. id: of the case, where it could be read."""

    def __init__(self, message: str, id: object = None) -> None:
        super().__init__(message)
        self.id = id


def answer_lines(lines: BinaryIO, out: BinaryIO, answer: Answer) -> None:
    """Answer every line at once. A line that cannot be answered gets an error line, and the stream goes on.

    answer: gives everything but the `id`. Errors it raises become lines of stage `input`, faults of ours
    lines of stage `internal`.
    """
    while line := lines.readline(MAX_LINE_BYTES + 1):
        out.write(_encode(_answer_line(line, lines, answer)) + b"\n")
        out.flush()


def _answer_line(line: bytes, lines: BinaryIO, answer: Answer) -> Mapping[str, Any]:
    try:
        case = _decode(line, lines)
    except _BadLine as error:
        return {"id": error.id, "error": str(error), "stage": "input"}
    case_id = case.get("id")
    try:
        return {"id": case_id, **answer(case)}
    except PolicyEngineError as error:
        return {"id": case_id, "error": error.message, "stage": "input"}
    except Exception as error:
        # The stream goes on whatever happens to one case, so that one fault does not hide the rest.
        return {"id": case_id, "error": f"internal error: {type(error).__name__}: {error}", "stage": "internal"}


def _decode(line: bytes, lines: BinaryIO) -> dict[str, Any]:
    if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
        while not line.endswith(b"\n") and (line := lines.readline(MAX_LINE_BYTES)):
            pass
        raise _BadLine(f"the line is larger than {MAX_LINE_BYTES} bytes")
    try:
        case = json.loads(line, parse_int=from_json_number, parse_constant=_refuse_constant)
    except RecursionError:
        raise _BadLine("the line is nested too deeply") from None
    except ValueError as error:
        raise _BadLine(f"the line is no JSON: {error}") from None
    if not isinstance(case, dict):
        raise _BadLine("expected a JSON object")
    return case


def _refuse_constant(name: str) -> float:
    raise ValueError(f"`{name}` is no JSON number")


def _encode(answer: Mapping[str, Any]) -> bytes:
    # Escaped, because a case may hold half a character (a lone surrogate), which no encoding can write.
    return json.dumps(answer, ensure_ascii=True, separators=(",", ":")).encode()
