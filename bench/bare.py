"""Servers to lay beside ours: its HTTP settings, and next to nothing behind them.

`python -m bench.bare echo --port 8080` sends each body back. `allow` decodes it as a review, and allows that.
"""

from __future__ import annotations

import argparse
import ssl
from collections.abc import Callable
from typing import Any

import orjson
import uvloop

from webhook.health import Health
from webhook.reviews.endpoint import Receive, Scope, Send
from webhook.server import listen, make_server, serve


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the body."""
    await _send(send, await _body(receive))


async def allow(scope: Scope, receive: Receive, send: Send) -> None:
    """Decode a review, and allow it: the least that a webhook does."""
    body = await _body(receive)
    if not body:
        await _send(send, b"{}")  # to whoever asks whether the server is there
        return
    review = orjson.loads(body)
    response = {"uid": review["request"]["uid"], "allowed": True}
    await _send(
        send,
        orjson.dumps({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}),
    )


async def _body(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
    return body


async def _send(send: Send, body: bytes) -> None:
    length = str(len(body)).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


APPS: dict[str, Callable[..., Any]] = {"echo": echo, "allow": allow}


def main() -> None:
    """Serve until a signal comes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("app", choices=APPS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tls-cert")
    parser.add_argument("--tls-key")
    options = parser.parse_args()
    tls = None
    if options.tls_cert:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(options.tls_cert, options.tls_key)
    with listen("127.0.0.1", options.port) as opened:
        servers = [(make_server(APPS[options.app], tls=tls), opened)]
        uvloop.run(serve(servers, Health(), grace_s=0))


if __name__ == "__main__":
    main()
