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
    """Say that a line is no case."""


def answer_lines(lines: BinaryIO, out: BinaryIO, answer: Answer) -> None:
    """Answer every line at once. A line that cannot be answered gets an error line, and the stream goes on.

    answer: gives everything but the `id`. Errors it raises become lines of stage `input`, faults of ours
    lines of stage `internal`.
    """
    while line := lines.readline(MAX_LINE_BYTES + 1):
        out.write(_answer_line(line, lines, answer) + b"\n")
        out.flush()


def _answer_line(line: bytes, lines: BinaryIO, answer: Answer) -> bytes:
    try:
        case = _decode(line, lines)
    except _BadLine as error:
        return _encode({"id": None, "error": str(error), "stage": "input"})
    case_id = case.get("id")
    try:
        return _encode({"id": case_id, **answer(case)})
    except RecursionError:
        shown = None if isinstance(case_id, dict | list) else case_id  # it may be what is nested
        return _encode({"id": shown, "error": "a value is nested too deeply", "stage": "input"})
    except PolicyEngineError as error:
        return _encode({"id": case_id, "error": error.message, "stage": "input"})
    except Exception as error:
        # The stream goes on whatever happens to one case, so that one fault does not hide the rest.
        message = f"internal error: {type(error).__name__}: {error}"
        return _encode({"id": case_id, "error": message, "stage": "internal"})


def _decode(line: bytes, lines: BinaryIO) -> dict[str, Any]:
    if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
        while not line.endswith(b"\n") and (line := lines.readline(MAX_LINE_BYTES)):
            pass
        raise _BadLine(f"the line is larger than {MAX_LINE_BYTES} bytes")
    try:
        text = line.decode("utf-8-sig")
        case = json.loads(text, parse_int=from_json_number, parse_constant=_refuse_constant)
    except RecursionError:
        raise _BadLine("the line is nested too deeply") from None
    except UnicodeDecodeError as error:
        raise _BadLine(f"the line is not UTF-8 text: found byte {line[error.start]:#04x}") from None
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
