"""The server's application called as a server of HTTP calls it, without one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

import orjson
from prometheus_client import CollectorRegistry

from webhook.app import Front, admin_app
from webhook.health import Health
from webhook.policies.directory import PolicyDirectory
from webhook.policies.live import LivePolicies
from webhook.reviews.endpoint import ReviewEndpoint
from webhook.reviews.judging import Reviewer
from webhook.reviews.surroundings import FileSurroundings, Surroundings
from webhook.settings import DEFAULT_MAX_BODY_BYTES
from webhook.telemetry.metrics import Metrics
from webhook.telemetry.observers import Observers
from webhook.telemetry.tracing import Tracer

JSON = (b"content-type", b"application/json")


class Answer(NamedTuple):
    """What came back. status: 0 where nothing did."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)

    @property
    def response(self) -> dict[str, Any]:
        """Give what an AdmissionReview answers."""
        assert self.status == 200, self
        response: dict[str, Any] = self.json["response"]
        return response


class Gate:
    """A whole server but for its sockets: what it is made of is there to be looked at."""

    def __init__(
        self,
        policies: str | Path | None = None,
        *,
        surroundings: Surroundings | None = None,
        live: LivePolicies | None = None,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
        clock: Callable[[], float] | None = None,
        tracer: Tracer | None = None,
    ) -> None:
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)
        self.live = live or LivePolicies()
        self.live.listen(self.metrics.forget)
        self.health = Health()
        self.directory = None
        if policies is not None:
            self.directory = PolicyDirectory(
                [str(policies)],
                self.live,
                version="1.36",
                on_reload=lambda taken: self.metrics.reloaded("directory", taken),
            )
            self.directory.load()
        with_clock = {} if clock is None else {"clock": clock}
        self.reviewer = Reviewer(
            self.live, surroundings or FileSurroundings(), on_fault=self.metrics.fault, **with_clock
        )
        endpoint = ReviewEndpoint(
            self.reviewer,
            Observers(self.metrics, tracer),
            health=self.health,
            max_body_bytes=max_body_bytes,
        )
        self.app = Front(endpoint, admin_app(self.health, self.live, self.metrics.text))

    def __enter__(self) -> Gate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.reviewer.close()

    def post(self, body: Any, path: str = "/validate", **options: Any) -> Answer:
        """Post a body: bytes as they are, everything else as JSON."""
        return asyncio.run(self.call("POST", path, body=body, **options))

    def get(self, path: str) -> Answer:
        """Ask for a path."""
        return asyncio.run(self.call("GET", path))

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = b"",
        headers: Iterable[tuple[bytes, bytes]] = (JSON,),
        chunks: Sequence[bytes] | None = None,
    ) -> Answer:
        """Call the application. chunks: the body in pieces."""
        data = body if isinstance(body, (bytes, bytearray)) else orjson.dumps(body)
        pieces = [data] if chunks is None else list(chunks)
        received = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
            for number, piece in enumerate(pieces, 1)
        ]
        return await exchange(self.app, scope(method, path, headers), received)


def scope(method: str, path: str, headers: Iterable[tuple[bytes, bytes]] = (JSON,)) -> dict[str, Any]:
    """Make the scope of a request."""
    plain, _, query = path.partition("?")
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": plain,
        "raw_path": plain.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": list(headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 2),
    }


async def exchange(app: Any, request: dict[str, Any], received: Sequence[dict[str, Any]]) -> Answer:
    """Hand over messages one after the other, and collect the answer. After the last the client just waits."""
    waiting = list(received)
    status, headers, body = 0, {}, b""

    async def receive() -> Any:
        if waiting:
            return waiting.pop(0)
        return await asyncio.get_running_loop().create_future()

    async def send(message: Any) -> None:
        nonlocal status, headers, body
        if message["type"] == "http.response.start":
            assert status == 0, "answered twice"
            status = message["status"]
            headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            body += message.get("body", b"")

    await app(request, receive, send)
    return Answer(status, headers, body)
