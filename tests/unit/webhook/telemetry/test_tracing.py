"""Traces: a span for each review arrives at a collector."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from policy_engine.errors import InputError
from tests.unit.webhook.asgi import Gate
from tests.unit.webhook.documents import policy, review, write
from webhook.telemetry import tracing
from webhook.telemetry.tracing import tracer_from_environment


class _Collector(ThreadingHTTPServer):
    """Takes what is posted, as a collector of OpenTelemetry does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    server: _Collector

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[_Collector]:
    with _Collector() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_without_an_endpoint_nothing_is_traced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    assert tracer_from_environment() is None


def test_a_review_is_a_span_at_the_collector(
    collector: _Collector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    tracer = tracer_from_environment()
    assert tracer is not None
    with Gate(write(tmp_path / "policies.yaml", [policy("nothing", "false")]), tracer=tracer) as gate:
        gate.post(review("the-uid-of-the-review"))
    tracer.close()
    sent = b"".join(collector.bodies)
    for word in (b"admission.review", b"the-uid-of-the-review", b"polgate.denied_by", b"nothing"):
        assert word in sent


def test_an_endpoint_without_the_package_is_a_mistake_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ImportError("No module named 'opentelemetry'")

    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setattr(tracing, "_OpenTelemetry", missing)
    with pytest.raises(InputError, match="traces need another package") as error:
        tracer_from_environment()
    assert "polgate[tracing]" in error.value.help
