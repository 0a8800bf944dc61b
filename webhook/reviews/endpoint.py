"""`POST /validate`: the way of a review through the server, without any framework.

A bare ASGI callable: routing and request objects would cost as much again as the judgement itself.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Protocol, TypeAlias

import orjson

from policy_engine.admission.admission_review import write_response
from policy_engine.admission.request import AdmissionRequest
from policy_engine.admission.verdict import Verdict
from webhook.health import Health
from webhook.policies.ruleset import Share
from webhook.reviews.decoding import decode_review
from webhook.reviews.judging import Reviewer
from webhook.reviews.rejections import Rejected
from webhook.reviews.timeouts import seconds_for
from webhook.settings import DEFAULT_MAX_BODY_BYTES

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

PATHS: Mapping[str, Share] = {
    "/validate": Share.ALL,
    "/validate/fail": Share.FAIL,
    "/validate/ignore": Share.IGNORE,
}

_BODY_PATIENCE_S = 10.0  # the API server sends a body at once; whoever does not keeps a connection for nothing
_CLOSE = (b"connection", b"close")

# Before the first sync there is nothing to judge by. The API server comes back after a second, as often as its
# timeout allows (client-go rest/request.go, `checkWait`), and then applies the webhook's own failurePolicy.
_RETRY = (b"retry-after", b"1")
_NOT_READY = "polgate is not ready yet: see /readyz"
_LOOK_S = 0.02

_log = logging.getLogger("polgate.reviews")


class Observer(Protocol):
    """Whoever counts and logs."""

    def reviewed(self, request: AdmissionRequest, verdict: Verdict, seconds: float) -> None:
        """Note a review that was answered."""

    def rejected(self, rejected: Rejected) -> None:
        """Note a body that is no review."""


class ReviewEndpoint:
    """Answers reviews.

    max_body_bytes: a longer body is refused before it is read to its end.
    """

    def __init__(
        self,
        reviewer: Reviewer,
        observer: Observer,
        *,
        health: Health,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
    ) -> None:
        self._reviewer = reviewer
        self._observer = observer
        self._max_body_bytes = max_body_bytes
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request of HTTP."""
        start = time.monotonic()
        try:
            self._check(scope)
            body = await self._body_in_time(receive)
            if body is None:
                return  # nobody waits for an answer
            request = _decode(body)
        except Rejected as rejected:
            self._observer.rejected(rejected)
            await _send(send, rejected.status, rejected.body(), _headers_of(rejected))
            return
        share = PATHS[scope["path"]]
        deadline = start + seconds_for(scope["query_string"])
        if not self._health.was_ready and not await self._becomes_ready(deadline):
            early = Rejected("not-ready", _NOT_READY, status=HTTPStatus.TOO_MANY_REQUESTS)
            self._observer.rejected(early)
            await _send(send, early.status, early.body(), [_RETRY])
            return
        verdict = await self._reviewer.review(request, share, deadline=deadline)
        # Before the server stops, clients are asked to come back by a new connection, which leads them elsewhere.
        await _send(send, HTTPStatus.OK, _encode(verdict), [_CLOSE] if self._health.is_draining else None)
        self._observer.reviewed(request, verdict, time.monotonic() - start)

    async def _body_in_time(self, receive: Receive) -> bytes | None:
        """Read the body, but do not wait for it for ever.

        What asyncio.timeout does, in a tenth of its time: as a rule the body is there already.
        """
        task = asyncio.current_task()
        is_late = False

        def give_up() -> None:
            nonlocal is_late
            is_late = True
            if task is not None:
                task.cancel()

        timer = asyncio.get_running_loop().call_later(_BODY_PATIENCE_S, give_up)
        try:
            return await self._body(receive)
        except asyncio.CancelledError:
            if not is_late or (task is not None and task.uncancel() > 0):
                raise
            raise Rejected(
                "timeout", "the body did not arrive in time", status=HTTPStatus.REQUEST_TIMEOUT
            ) from None
        finally:
            timer.cancel()

    async def _body(self, receive: Receive) -> bytes | None:
        """Read the body, once. None where the client went away."""
        message = await receive()
        body = message.get("body", b"")
        if message["type"] == "http.request" and not message.get("more_body"):
            if len(body) > self._max_body_bytes:
                raise self._too_large()
            return bytes(body)
        chunks = bytearray(body)
        while message["type"] == "http.request" and message.get("more_body"):
            if len(chunks) > self._max_body_bytes:
                raise self._too_large()
            message = await receive()
            chunks += message.get("body", b"")
        if message["type"] != "http.request":
            return None
        if len(chunks) > self._max_body_bytes:
            raise self._too_large()
        return bytes(chunks)

    async def _becomes_ready(self, deadline: float) -> bool:
        """Wait for the first sync: before it there are no policies, and everything would be allowed."""
        while not self._health.was_ready:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(_LOOK_S)
        return True

    def _check(self, scope: Scope) -> None:
        if scope["method"] != "POST":
            method = str(scope["method"])[:20]
            raise Rejected("method", f"expected POST, found {method}", status=HTTPStatus.METHOD_NOT_ALLOWED)
        for name, value in scope["headers"]:
            if name == b"content-type":
                if not value.startswith(b"application/json"):
                    found = value.decode("latin-1")[:100]
                    raise Rejected(
                        "media-type",
                        f"expected application/json, found `{found}`",
                        status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                    )
            elif name == b"content-length" and value.isdigit() and int(value) > self._max_body_bytes:
                raise self._too_large()

    def _too_large(self) -> Rejected:
        return Rejected(
            "too-large",
            f"the body is larger than {self._max_body_bytes} bytes, see --max-body-bytes",
            status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        )


def _encode(verdict: Verdict) -> bytes:
    answer = write_response(verdict)
    try:
        return orjson.dumps(answer)
    except TypeError:  # a text that is not Unicode
        return json.dumps(answer).encode()


def _decode(body: bytes) -> AdmissionRequest:
    try:
        return decode_review(body)
    except Rejected:
        raise
    except Exception as error:
        # With no review there is no policy to ask: the status makes the API server apply its own failurePolicy.
        _log.error("a review could not be decoded: this is a fault of polgate, please report it", exc_info=error)
        raise Rejected("internal", "polgate could not decode this review, through a fault of its own") from error


def _headers_of(rejected: Rejected) -> list[tuple[bytes, bytes]]:
    if rejected.status is HTTPStatus.METHOD_NOT_ALLOWED:
        return [(b"allow", b"POST")]
    if rejected.status in (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.REQUEST_TIMEOUT):
        return [_CLOSE]  # the rest of the body is not read
    return []


async def _send(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    await send(
        {
            "type": "http.response.start",
            "status": int(status),
            "headers": [
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
                *(headers or ()),
            ],
        }
    )
    await send({"type": "http.response.body", "body": body})
