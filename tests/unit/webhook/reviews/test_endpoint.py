"""The way of a review through the server: what is read, what is refused, what comes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.unit.webhook.asgi import JSON, Gate, exchange, scope
from tests.unit.webhook.documents import policy, review, write
from webhook.reviews.endpoint import PATHS
from webhook.reviews.timeouts import DEFAULT_S, LONGEST_S, seconds_for


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    documents = [policy("no-red", "object.?data.?colour.orValue('') != 'red'")]
    with Gate(write(tmp_path / "policies.yaml", documents), max_body_bytes=4096) as gate:
        yield gate


def test_a_review_is_answered_with_its_uid(gate: Gate) -> None:
    answer = gate.post(review("some-uid"))
    assert answer.status == 200
    assert answer.headers == {"content-type": "application/json", "content-length": str(len(answer.body))}
    assert answer.json == {
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "response": {
            "uid": "some-uid",
            "allowed": False,
            "status": {
                "status": "Failure",
                "code": 422,
                "reason": "Invalid",
                "message": "ValidatingAdmissionPolicy 'no-red' with binding 'bound-by-default' denied request: "
                "no-red says no",
            },
        },
    }


def test_an_allowed_review_says_nothing_else(gate: Gate) -> None:
    assert gate.post(review("u", object={"data": {"colour": "blue"}})).response == {"uid": "u", "allowed": True}


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_a_body_may_come_in_pieces(gate: Gate, size: int) -> None:
    body = orjson.dumps(review())
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    assert gate.post(b"", chunks=pieces).response["allowed"] is False


def test_empty_pieces_are_no_end(gate: Gate) -> None:
    body = orjson.dumps(review())
    assert gate.post(b"", chunks=[b"", body[:9], b"", body[9:], b""]).response["allowed"] is False


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "X" * 1000])
@pytest.mark.parametrize("path", list(PATHS))
def test_only_post_is_a_review(gate: Gate, method: str, path: str) -> None:
    answer = asyncio.run(gate.call(method, path, body=review()))
    assert (answer.status, answer.headers["allow"]) == (405, "POST")
    assert answer.json["message"] == f"expected POST, found {method[:20]}"


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/yaml", "application/vnd.kubernetes.protobuf", ""]
)
def test_another_media_type_is_refused(gate: Gate, media_type: str) -> None:
    answer = gate.post(review(), headers=[(b"content-type", media_type.encode())])
    assert (answer.status, answer.json["reason"]) == (415, "UnsupportedMediaType")
    assert answer.json["message"] == f"expected application/json, found `{media_type}`"


@pytest.mark.parametrize("headers", [[], [(b"content-type", b"application/json; charset=utf-8")]])
def test_a_media_type_that_is_json_or_unsaid_is_taken(gate: Gate, headers: list[tuple[bytes, bytes]]) -> None:
    assert gate.post(review(), headers=headers).status == 200


def test_a_media_type_cannot_break_the_line_it_is_quoted_on(gate: Gate) -> None:
    answer = gate.post(review(), headers=[(b"content-type", "text/\x85\x9b\n".encode("latin-1"))])
    assert answer.json["message"] == r"expected application/json, found `text/\x85\x9b\n`"


def test_a_body_that_is_declared_too_large_is_refused_unread(gate: Gate) -> None:
    answer = asyncio.run(exchange(gate.app, scope("POST", "/validate", [JSON, (b"content-length", b"4097")]), []))
    assert (answer.status, answer.headers["connection"]) == (413, "close")
    assert answer.json["message"] == "the body is larger than 4096 bytes, see --max-body-bytes"


@pytest.mark.parametrize("pieces", [[b" " * 4097], [b" " * 4096, b" "], [b" "] * 4097])
def test_a_body_that_turns_out_too_large_is_refused(gate: Gate, pieces: list[bytes]) -> None:
    answer = gate.post(b"", chunks=pieces)
    assert (answer.status, answer.json["reason"]) == (413, "RequestEntityTooLarge")


def test_a_body_as_large_as_allowed_is_read(gate: Gate) -> None:
    assert gate.post(orjson.dumps(review()).ljust(4096)).status == 200


def test_no_more_is_read_of_a_body_that_is_too_large(gate: Gate) -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b" " * 1024, "more_body": True}

    async def send(message: Any) -> None:
        pass

    asyncio.run(gate.app(scope("POST", "/validate"), endless, send))
    assert read <= 6


@pytest.mark.parametrize("pieces", [[], [b"{"], [b"{", b"}"]])
def test_a_client_that_goes_away_gets_no_answer(gate: Gate, pieces: list[bytes]) -> None:
    received = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    answer = asyncio.run(exchange(gate.app, scope("POST", "/validate"), [*received, {"type": "http.disconnect"}]))
    assert answer.status == 0


class _HurriedLoop(asyncio.SelectorEventLoop):
    """A loop on which a minute passes whenever somebody says so."""

    passed_s = 0.0

    def time(self) -> float:
        return super().time() + self.passed_s


def test_a_body_that_does_not_come_is_not_waited_for(gate: Gate) -> None:
    async def slow() -> Any:
        loop.passed_s += 60
        await loop.create_future()

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    loop = _HurriedLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(gate.app(scope("POST", "/validate"), slow, send))
    assert sent[0]["status"] == 408
    assert (b"connection", b"close") in sent[0]["headers"]
    assert orjson.loads(sent[1]["body"])["message"] == "the body did not arrive in time"


def test_a_server_that_stops_while_it_waits_for_a_body_just_ends(gate: Gate) -> None:
    async def stop_it() -> None:
        under_way = asyncio.ensure_future(exchange(gate.app, scope("POST", "/validate"), []))
        await asyncio.sleep(0)
        under_way.cancel()
        with pytest.raises(asyncio.CancelledError):
            await under_way

    asyncio.run(stop_it())


def test_while_the_server_stops_it_answers_and_asks_for_another_connection(gate: Gate) -> None:
    gate.health.drain()
    answer = gate.post(review())
    assert (answer.status, answer.headers["connection"]) == (200, "close")


def test_before_anything_is_known_nothing_is_allowed(gate: Gate) -> None:
    gate.health.require(lambda: "the first sync")
    answer = gate.post(review(), "/validate?timeout=10ms")
    assert (answer.status, answer.headers["retry-after"]) == (429, "1")
    assert answer.json["message"] == "polgate is not ready yet: see /readyz"


def test_a_review_waits_for_the_first_sync(gate: Gate) -> None:
    asked = 0

    def condition() -> str | None:
        nonlocal asked
        asked += 1
        return "the first sync" if asked < 3 else None

    gate.health.require(condition)
    assert gate.post(review()).response["allowed"] is False


def test_what_was_there_once_is_enough_later(gate: Gate) -> None:
    missing: list[str] = []
    gate.health.require(lambda: missing[0] if missing else None)
    assert gate.post(review()).status == 200
    missing.append("the API server")
    assert gate.post(review()).status == 200
    assert gate.get("/readyz").status == 503


@pytest.mark.parametrize("path", ["/validate/", "/validate/other", "/", "/mutate", "/VALIDATE"])
def test_other_paths_are_no_reviews(gate: Gate, path: str) -> None:
    assert gate.post(review(), path).status == 404


def test_refused_bodies_are_counted_by_reason_and_logged(gate: Gate, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "polgate"):
        gate.post(b"{")
        gate.post(b"[]")
        gate.post(review(), headers=[(b"content-type", b"text/plain")])
    counted = {
        reason: gate.registry.get_sample_value("polgate_rejected_bodies_total", {"reason": reason})
        for reason in ("malformed", "media-type")
    }
    assert counted == {"malformed": 2, "media-type": 1}
    assert [record.message for record in caplog.records][-1] == (
        "not a review: expected application/json, found `text/plain`"
    )


@pytest.mark.parametrize(
    ("query", "seconds"),
    [
        (b"timeout=5s", 4.5),
        (b"timeout=10s", 9.5),
        (b"timeout=1s", 0.9),
        (b"timeout=1m", LONGEST_S - 0.5),
        (b"timeout=1.5s", 1.35),
        (b"timeout=500ms", 0.45),
        (b"timeout=1m0s", LONGEST_S - 0.5),
        (b"a=b&timeout=2s&c=d", 1.8),
        (b"timeout=%35s", 4.5),
    ],
)
def test_the_time_that_the_api_server_waits_is_kept_with_something_to_spare(query: bytes, seconds: float) -> None:
    assert seconds_for(query) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "query",
    [
        b"",
        b"timeout=",
        b"timeout=5",
        b"timeout=-5s",
        b"timeout=0s",
        b"timeout=nan",
        b"timeout=1e3s",
        b"timeout=s",
        b"timeout=5s5",
        b"timeout=%ff%fe",
        b"\xff\xfe",
        b"timeout=" + b"1" * 1_000_000,
        b"&" * 1_000_000,
    ],
)
def test_a_time_that_cannot_be_read_is_the_api_servers_own(query: bytes) -> None:
    assert seconds_for(query) == DEFAULT_S - 0.5
