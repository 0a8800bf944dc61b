from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from webhook.certificates.bundles import to_pem
from webhook.certificates.issuing import Authority
from webhook.certificates.source import utc_now
from webhook.certificates.tls import ServerTls
from webhook.registration.probe import probe

LIFE = timedelta(days=1)
AUTHORITY = Authority.make(now=utc_now(), lifetime=LIFE)
CA = to_pem([AUTHORITY.certificate])
OTHER_CA = to_pem([Authority.make(now=utc_now(), lifetime=LIFE).certificate])


@contextmanager
def serving(status: int = 200, *, name: str = "localhost") -> Iterator[str]:
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    tls = ServerTls()
    tls.load(AUTHORITY.issue([name], now=utc_now(), lifetime=LIFE))
    server = HTTPServer(("127.0.0.1", 0), Answer)
    server.handle_error = lambda request, client_address: None  # type: ignore[method-assign]
    server.socket = tls.context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"https://localhost:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("status", [200, 404, 405])
def test_a_server_that_proves_its_name_is_fine(status: int) -> None:
    with serving(status) as url:
        assert probe(url, CA) is None
        assert probe(f"{url}/gate", OTHER_CA + CA) is None


def test_a_server_whose_certificate_is_not_in_the_bundle_is_not() -> None:
    with serving() as url:
        assert (probe(url, OTHER_CA) or "").startswith(f"{url} shows a certificate that cannot be trusted: ")


def test_a_server_that_only_the_bundle_makes_trusted_is_not_without_one() -> None:
    with serving() as url:
        assert "cannot be trusted" in (probe(url, None) or "")


def test_a_server_with_another_name_is_not() -> None:
    with serving(name="elsewhere.example") as url:
        assert "Hostname mismatch" in (probe(url, CA) or "")


def test_a_server_that_is_not_there_is_not() -> None:
    with serving() as url:
        pass
    assert probe(url, CA) == f"{url} does not answer: connection refused"


def test_a_server_that_fails_is_not() -> None:
    with serving(503) as url:
        assert probe(url, CA) == f"{url}/healthz was answered 503"


@pytest.mark.parametrize("bundle", [b"", b"garbage", b"\xff"])
def test_a_bundle_that_cannot_be_used_is_told(bundle: bytes) -> None:
    assert probe("https://localhost:1", bundle) == "the CA bundle holds no certificate that can be used"
