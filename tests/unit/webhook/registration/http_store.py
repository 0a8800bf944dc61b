"""The objects of a store over HTTP, as an API server gives them, for programs that come with a kubeconfig."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.unit.webhook.certificates.object_store import ObjectStore
from webhook.cluster.kube_error import KubeError

USER = {"status": {"userInfo": {"username": "jane@example.com"}}}
_REVIEWS = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


@contextmanager
def serving(store: ObjectStore, folder: Path) -> Iterator[Path]:
    """Serve a store on loopback, and give a kubeconfig for it."""

    class Api(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(lambda body: store.get(self.path))

        def do_PATCH(self) -> None:
            self._answer(lambda body: store.patch(self.path, body))

        def do_POST(self) -> None:
            self._answer(lambda body: USER if self.path == _REVIEWS else store.create(self.path, body))

        def _answer(self, call: Any) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length)) if length else None
            try:
                status, body = 200, call(sent)
            except KubeError as error:
                status, body = error.status, {"kind": "Status", "reason": error.reason, "message": error.message}
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Api) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield _kubeconfig(folder, server.server_port)
        finally:
            server.shutdown()
            thread.join()


def _kubeconfig(folder: Path, port: int) -> Path:
    path = folder / "kubeconfig"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": f"http://127.0.0.1:{port}"}}],
        "users": [{"name": "test", "user": {}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    path.write_text(json.dumps(config))
    return path
