"""The log: lines of JSON that say who was denied what, and never what a Secret holds."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.webhook.asgi import Gate
from tests.unit.webhook.documents import policy, review, write
from webhook.telemetry.logs import JsonFormatter, TextFormatter, set_up_logging

_QUOTES = {"expression": "false", "messageExpression": "'found ' + string(object.data.password)"}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with Gate(write(tmp_path / "policies.yaml", [policy("no", validations=[_QUOTES])])) as gate:
        yield gate


@pytest.fixture
def root_logger() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    yield root
    root.handlers = before
    root.setLevel(level)


def line_about(gate: Gate, caplog: pytest.LogCaptureFixture, kind: str) -> dict[str, Any]:
    created = {"metadata": {"name": "db", "namespace": "shop"}, "data": {"password": "aHVudGVyMg=="}}
    with caplog.at_level(logging.INFO, logger="polgate.admission"):
        answer = gate.post(
            review(
                kind={"group": "", "version": "v1", "kind": kind},
                resource={"group": "", "version": "v1", "resource": f"{kind.lower()}s"},
                name="db",
                object=created,
            )
        )
    assert answer.response["allowed"] is False
    (record,) = [record for record in caplog.records if record.name == "polgate.admission"]
    line: dict[str, Any] = json.loads(JsonFormatter().format(record))
    return line


def test_a_denial_is_one_line_with_who_wanted_what_and_who_said_no(
    gate: Gate, caplog: pytest.LogCaptureFixture
) -> None:
    line = line_about(gate, caplog, "ConfigMap")
    assert line["message"] == "denied"
    assert (line["user"], line["operation"], line["resource"]) == ("alice", "CREATE", "configmaps")
    assert (line["namespace"], line["object"], line["uid"]) == ("shop", "db", "u-1")
    assert line["denials"][0]["policy"] == "no"
    assert line["denials"][0]["message"] == "found aHVudGVyMg=="


def test_what_a_policy_says_of_a_secret_is_not_written(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    line = line_about(gate, caplog, "Secret")
    assert line["denials"][0]["policy"] == "no"
    assert "aHVudGVyMg" not in json.dumps(line)


def test_an_exception_stays_on_its_line() -> None:
    try:
        raise ValueError("two\nlines")
    except ValueError:
        record = logging.LogRecord("polgate", logging.ERROR, "", 1, "it broke", (), sys.exc_info())
    (line,) = JsonFormatter().format(record).splitlines()
    assert "two\nlines" in json.loads(line)["exception"]


def test_for_a_terminal_fields_stand_behind_the_message() -> None:
    record = logging.LogRecord("polgate", logging.INFO, "", 1, "loaded", (), None)
    record.generation = 3
    assert TextFormatter().format(record).endswith("INFO    loaded (generation=3)")


def test_a_reader_that_stalls_loses_lines_which_are_counted(
    root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[int] = []
    monkeypatch.setattr("webhook.telemetry.logs._WAITING", 2)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    set_up_logging(level="info", as_json=True, on_loss=lambda: lost.append(1)).stop()  # nobody takes lines
    for _ in range(5):
        root_logger.info("line")
    assert len(lost) == 3


def test_lines_that_wait_are_written_when_the_server_ends(
    root_logger: logging.Logger, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = io.StringIO()
    monkeypatch.setattr(sys, "stderr", output)
    writer = set_up_logging(level="info", as_json=True)
    root_logger.info("the last words")
    writer.stop()
    assert json.loads(output.getvalue())["message"] == "the last words"
