"""JSON Lines: one line out for each line in, whatever is in it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import Any

import pytest

from policy_engine.cli import json_lines
from policy_engine.cli.json_lines import answer_lines
from policy_engine.errors import InputError


def answer(case: dict[str, Any]) -> Mapping[str, Any]:
    if case.get("wrong"):
        raise InputError("`wrong`: expected nothing")
    if case.get("crash"):
        raise ZeroDivisionError("division by zero")
    if case.get("deep"):
        return {"echo": nested(100_000)}
    return {"echo": case.get("value")}


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


def answers(sent: bytes) -> list[Any]:
    received = io.BytesIO()
    answer_lines(io.BytesIO(sent), received, answer)
    return [json.loads(line) for line in received.getvalue().splitlines()]


def test_every_line_is_answered_with_its_id_in_order() -> None:
    assert answers(b'{"id": "a", "value": 1}\n{"id": 2, "value": null}\n') == [
        {"id": "a", "echo": 1},
        {"id": 2, "echo": None},
    ]


@pytest.mark.parametrize(
    ("line", "error"),
    [
        pytest.param(b"{", "the line is no JSON", id="broken JSON"),
        pytest.param(b"", "the line is no JSON", id="an empty line"),
        pytest.param(b"[1]", "expected a JSON object", id="a list"),
        pytest.param(b'{"value": NaN}', "`NaN` is no JSON number", id="NaN"),
        pytest.param(b'{"value": "\xff"}', "the line is not UTF-8 text: found byte 0xff", id="no UTF-8"),
        pytest.param(b"\xff\xfe", "the line is not UTF-8 text: found byte 0xff", id="the mark of UTF-16"),
        pytest.param(b"{}\x00", "the line is no JSON", id="a NUL byte"),
        pytest.param(b"[" * 100_000, "the line is nested too deeply", id="deep nesting"),
    ],
)
def test_a_bad_line_gets_an_error_line_and_the_stream_goes_on(line: bytes, error: str) -> None:
    bad, good = answers(line + b'\n{"id": "next", "value": 7}\n')
    assert (bad["id"], bad["stage"]) == (None, "input")
    assert error in bad["error"]
    assert good == {"id": "next", "echo": 7}


def test_a_case_that_is_not_well_formed_is_answered_under_its_id() -> None:
    assert answers(b'{"id": "a", "wrong": true}\n') == [
        {"id": "a", "error": "`wrong`: expected nothing", "stage": "input"}
    ]


def test_a_fault_of_ours_is_answered_too() -> None:
    assert answers(b'{"id": "a", "crash": true}\n{"id": "b"}\n') == [
        {"id": "a", "error": "internal error: ZeroDivisionError: division by zero", "stage": "internal"},
        {"id": "b", "echo": None},
    ]


def test_an_answer_too_deep_to_be_written_is_an_error_and_the_stream_goes_on() -> None:
    assert answers(b'{"id": "a", "deep": true}\n{"id": "b"}\n') == [
        {"id": "a", "error": "a value is nested too deeply", "stage": "input"},
        {"id": "b", "echo": None},
    ]


def test_a_line_that_is_too_long_is_refused_and_skipped_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines, "MAX_LINE_BYTES", 30)
    sent = b'{"id": "long", "value": "' + b"x" * 100 + b'"}\n{"id": "b", "value": 1}\n'
    refused, good = answers(sent)
    assert refused["stage"] == "input"
    assert "larger than 30 bytes" in refused["error"]
    assert good == {"id": "b", "echo": 1}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("1", 1),
        ("1.0", 1.0),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", 2.0**63),
        ("1e3", 1000.0),
    ],
)
def test_numbers_keep_their_type(written: str, read: float) -> None:
    (found,) = answers(f'{{"value": {written}}}\n'.encode())
    assert (found["echo"], type(found["echo"])) == (read, type(read))


def test_half_a_character_comes_back_as_it_was_sent() -> None:
    assert answers(b'{"value": "\\ud800"}\n') == [{"id": None, "echo": "\ud800"}]


def test_each_answer_is_written_before_the_next_line_is_read() -> None:
    received = io.BytesIO()

    class Lines(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            seen.append(len(received.getvalue().splitlines()))
            return super().readline(size)

    seen: list[int] = []
    answer_lines(Lines(b"{}\n{}\n"), received, answer)
    assert seen == [0, 1, 2]
