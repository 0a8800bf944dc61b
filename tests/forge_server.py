"""A forge's API on this machine, which answers what a test says and notes what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from policy_engine.sources.values import JsonValue


@dataclass
class ForgeServer:
    """A forge. answers: by method and path; a status, and JSON or bytes. asked: method, path, headers, body."""

    address: str
    answers: dict[str, tuple[int, JsonValue | bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], JsonValue]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None


@contextmanager
def forge_server() -> Iterator[ForgeServer]:
    """Listen on loopback, for as long as the block takes."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self, body: JsonValue) -> None:
            made.asked.append((self.command, self.path, dict(self.headers), body))
            made.before()
            status, answer = made.answers.get(f"{self.command} {self.path}", (404, {"message": "nothing here"}))
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            self._answer(None)

        def do_POST(self) -> None:
            self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = ForgeServer(address=f"http://127.0.0.1:{listening.server_address[1]}")
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield made
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join()
