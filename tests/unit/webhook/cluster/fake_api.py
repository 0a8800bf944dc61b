"""An API server in memory, on loopback: lists, pages and watches, and everything that goes wrong with them."""

from __future__ import annotations

import contextlib
import copy
import json
import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

JsonObject = dict[str, Any]


class Fault:
    """What the next requests are answered with instead of the truth."""

    def __init__(self, status: int, *, headers: dict[str, str] | None = None, only: str = "") -> None:
        self.status = status
        self.headers = headers or {}
        self.only = only  # `watch`, `list`, or empty for both


class FakeApi:
    """A server whose collections are changed by tests. A collection is known by its path; `serve` adds one."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.state = threading.Condition()
        self.version = 1
        self.collections: dict[str, tuple[str, dict[tuple[str, str], JsonObject]]] = {}  # kind and objects
        self.events: list[tuple[int, str, str, JsonObject]] = []  # version, path, type, object
        self.compacted = 0  # versions up to this one are forgotten
        self.documents: dict[str, JsonObject] = {}  # what GET gives for other paths
        self.post: Callable[[str, JsonObject], tuple[int, JsonObject]] | None = None
        self.tokens: set[str] | None = None  # accepted bearer tokens; None: no one asks
        self.faults: deque[Fault] = deque()
        self.requests: list[str] = []
        self.agents: set[str] = set()
        self.watch_endings: dict[str, tuple[int, str]] = {}  # by path: how often watches were ended, and how
        self.watching: dict[str, int] = {}  # by path: watches that are open
        self.pages: dict[str, tuple[int, list[JsonObject]]] = {}
        self.is_closing = False
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.port = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def close(self) -> None:
        with self.state:
            self.is_closing = True
            self.state.notify_all()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()

    def serve(self, path: str, kind: str) -> None:
        with self.state:
            self.collections.setdefault(path, (kind, {}))

    def unserve(self, path: str) -> None:
        """Stop to serve a collection, as when its definition is deleted: its objects are deleted before."""
        with self.state:
            for namespace, name in list(self.collections.get(path, ("", {}))[1]):
                self.delete(path, name, namespace=namespace)
            self.collections.pop(path, None)
        self.end_watches(path)

    def put(self, path: str, name: str, *, namespace: str = "", **fields: Any) -> JsonObject:
        with self.state:
            self.version += 1
            objects = self.collections[path][1]
            known = objects.get((namespace, name))
            metadata = {"name": name, "resourceVersion": str(self.version), **fields.pop("metadata", {})}
            if namespace:
                metadata["namespace"] = namespace
            found = {"metadata": metadata, **fields}
            objects[(namespace, name)] = found
            self._tell(path, "MODIFIED" if known else "ADDED", known, found)
            return found

    def delete(self, path: str, name: str, *, namespace: str = "") -> None:
        with self.state:
            found = self.collections[path][1].pop((namespace, name), None)
            if found is not None:
                self.version += 1
                gone = copy.deepcopy(found)
                gone["metadata"]["resourceVersion"] = str(self.version)
                self._tell(path, "DELETED", gone, gone)

    def bookmark(self, path: str) -> None:
        with self.state:
            self.version += 1
            mark = {"metadata": {"resourceVersion": str(self.version)}}
            self._tell(path, "BOOKMARK", mark, mark)

    def error_event(self, path: str, code: int) -> None:
        with self.state:
            self.version += 1
            status = {"kind": "Status", "code": code, "message": "as the test wants it", "reason": "Expired"}
            self._tell(path, "ERROR", status, status)

    def compact(self) -> None:
        """Forget all versions so far, and the pages of lists that are under way."""
        with self.state:
            self.version += 1
            self.compacted = self.version
            self.pages.clear()

    def end_watches(self, path: str, how: str = "end") -> None:
        """End open watches: `end` as a server does, `drop` without a word, `half` in the middle of a line."""
        with self.state:
            count, _ = self.watch_endings.get(path, (0, ""))
            self.watch_endings[path] = (count + 1, how)
            self.state.notify_all()

    def fail(self, status: int, *, times: int = 1, headers: dict[str, str] | None = None, only: str = "") -> None:
        with self.state:
            self.faults.extend(Fault(status, headers=headers, only=only) for _ in range(times))

    def wait_until_watched(self, path: str, watches: int = 1) -> None:
        with self.state:
            assert self.state.wait_for(lambda: self.watching.get(path, 0) >= watches, timeout=20)

    def count(self, words: str) -> int:
        with self.state:
            return sum(words in request for request in self.requests)

    def _tell(self, path: str, kind: str, before: JsonObject | None, after: JsonObject) -> None:
        self.events.append((self.version, path, kind, {"before": before, "after": copy.deepcopy(after)}))
        self.state.notify_all()


class _Server(ThreadingHTTPServer):
    api: FakeApi
    request_queue_size = 64

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def end_connections(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients of these tests go away in the middle of things."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        api, url = self.server.api, urlsplit(self.path)
        query = dict(parse_qsl(url.query))
        is_watch = query.get("watch") == "true"
        if self._refuse(f"{'watch' if is_watch else 'list'} {self.path}", is_watch):
            return
        with api.state:
            known = api.collections.get(url.path)
            document = api.documents.get(url.path)
        if known is None:
            self._send(200, document) if document is not None else self._send(404, None)
        elif is_watch:
            self._watch(url.path, query)
        else:
            self._list(url.path, query)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self._refuse(f"{self.command} {self.path}", False):
            return
        post = self.server.api.post
        self._send(*(post(self.path, body) if post is not None else (201, body)))

    do_PUT = do_PATCH = do_POST

    def do_DELETE(self) -> None:
        if not self._refuse(f"DELETE {self.path}", False):
            self._send(200, {"kind": "Status", "status": "Success"})

    def _refuse(self, request: str, is_watch: bool) -> bool:
        api = self.server.api
        with api.state:
            api.requests.append(request)
            api.agents.add(self.headers.get("User-Agent", ""))
            word = "watch" if is_watch else "list"
            fault = next((f for f in api.faults if f.only in ("", word)), None)
            if fault is not None:
                api.faults.remove(fault)
            tokens = api.tokens
        if tokens is not None and (self.headers.get("Authorization") or "").split(" ")[-1] not in tokens:
            self._send(401, _status(401, "Unauthorized"))
            return True
        if fault is None:
            return False
        if fault.status == 0:
            self.close_connection = True
        else:
            self._send(fault.status, _status(fault.status, "as the test wants it"), fault.headers)
        return True

    def _list(self, path: str, query: dict[str, str]) -> None:
        api = self.server.api
        with api.state:
            kind, objects = api.collections[path]
            token, limit = query.get("continue"), int(query.get("limit", "0"))
            if token is None:
                found = [o for o in objects.values() if _selected(o, query)]
                version, left = api.version, found
            elif token in api.pages:
                version, left = api.pages.pop(token)
            else:
                self._send(410, _status(410, "the provided continue parameter is too old"))
                return
            page, rest = (left[:limit], left[limit:]) if limit else (left, [])
            metadata = {"resourceVersion": str(version)}
            if rest:
                token = f"{path}@{version}+{len(rest)}"
                api.pages[token] = (version, rest)
                metadata["continue"] = token
            body = {"apiVersion": "v1", "kind": f"{kind}List", "metadata": metadata, "items": page}
            text = json.dumps(body)
        self._send(200, text)

    def _watch(self, path: str, query: dict[str, str]) -> None:
        api = self.server.api
        with api.state:
            seen = int(query["resourceVersion"])
            if seen < api.compacted:
                self._send(410, _status(410, f"too old resource version: {seen}"))
                return
            kind, _ = api.collections[path]
            endings = api.watch_endings.get(path, (0, ""))
            api.watching[path] = api.watching.get(path, 0) + 1
            api.state.notify_all()
        try:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while not api.is_closing:
                with api.state:
                    new = [event for event in api.events if event[0] > seen and event[1] == path]
                    ended = api.watch_endings.get(path, (0, "")) != endings
                    if not new and not ended:
                        api.state.wait(timeout=5)
                        continue
                    how = api.watch_endings.get(path, (0, ""))[1] if ended else ""
                for version, _, event, change in new:
                    self._event(kind, event, change, query)
                    seen = version
                if ended:
                    self._end_watch(how)
                    return
        except OSError:
            self.close_connection = True
        finally:
            with api.state:
                api.watching[path] -= 1

    def _event(self, kind: str, event: str, change: JsonObject, query: dict[str, str]) -> None:
        before, after = change["before"], change["after"]
        if event in ("ADDED", "MODIFIED", "DELETED"):
            was, is_there = before is not None and _selected(before, query), _selected(after, query)
            if not was and not is_there:
                return
            if event != "DELETED":
                event = "MODIFIED" if was and is_there else "ADDED" if is_there else "DELETED"
            after = {"apiVersion": "v1", "kind": kind, **after}
        line = json.dumps({"type": event, "object": after}).encode() + b"\n"
        middle = len(line) // 2  # never count on a chunk being a line
        for part in (line[:middle], line[middle:]):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))

    def _end_watch(self, how: str) -> None:
        if how == "end":
            self.wfile.write(b"0\r\n\r\n")
            return
        if how == "half":
            self.wfile.write(b'1a\r\n{"type":"ADDED","object":{"\r\n')
        self.close_connection = True

    def _send(self, status: int, body: JsonObject | str | None, headers: dict[str, str] | None = None) -> None:
        text = "404 page not found\n" if body is None else body if isinstance(body, str) else json.dumps(body)
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())


def _status(code: int, message: str) -> JsonObject:
    return {"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message}


def _selected(found: JsonObject, query: dict[str, str]) -> bool:
    key, _, value = query.get("labelSelector", "").partition("=")
    return not key or found["metadata"].get("labels", {}).get(key) == value


def eventually(check: Callable[[], bool], *, while_waiting: Callable[[], object] = lambda: None) -> None:
    """Wait until something holds, for threads that go their own way; fail if it never does."""
    for _ in range(2000):
        if check():
            return
        while_waiting()
        time.sleep(0.005)
    raise AssertionError("it never came true")
