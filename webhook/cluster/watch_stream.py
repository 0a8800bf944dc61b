"""The events of one watch, read from the body of an answer that does not end."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Final

import orjson
import urllib3

from policy_engine.admission.json_values import JsonObject
from webhook.cluster.kube_error import KubeError

_READ_BYTES: Final = 1 << 16


class WatchStream:
    """Events as (type, object), in the order in which they happened; iterate once, inside a `with` block.

    Ends where the server ends the watch or `close` is called. Raises KubeError where the connection breaks, where
    what comes is no JSON, and for ERROR events (410: the version to start from is gone).
    """

    def __init__(self, call: str, response: urllib3.BaseHTTPResponse) -> None:
        self._call = call
        self._response = response
        self._closing = threading.Event()

    def __enter__(self) -> WatchStream:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._response.close()

    def close(self) -> None:
        """End the watch, from any thread: a read that waits for the next event ends at once."""
        self._closing.set()
        # Only shutting the socket down wakes a thread that reads from it; closing is left to the `with` block of
        # that thread. It fails where there is nothing left to shut down.
        with contextlib.suppress(ValueError, RuntimeError, OSError, AttributeError):
            self._response.shutdown()

    def __iter__(self) -> Iterator[tuple[str, JsonObject]]:
        try:
            for line in self._lines():
                yield self._event(line)
        except (urllib3.exceptions.HTTPError, OSError, AttributeError) as failure:
            # AttributeError: urllib3, where the socket goes away between two of its steps
            if self._closing.is_set():
                return
            raise KubeError.from_failure(self._call, failure) from failure

    def _lines(self) -> Iterator[bytes]:
        """Give whole lines, of any length, never a half one: what a watch leaves unfinished is dropped."""
        started: list[bytes] = []  # pieces of a line, joined once: an object may come in a thousand pieces
        while not self._closing.is_set():
            piece = self._response.read1(_READ_BYTES, decode_content=True)
            if not piece:
                return
            *ended, rest = piece.split(b"\n")
            for end in ended:
                started.append(end)
                line = b"".join(started)
                started.clear()
                if line.strip():
                    yield line
            if rest:
                started.append(rest)

    def _event(self, line: bytes) -> tuple[str, JsonObject]:
        try:
            event = orjson.loads(line)
            kind, changed = event["type"], event["object"]
        except (ValueError, TypeError, KeyError) as error:
            raise KubeError(f"`{self._call}` sent something else than an event", reason="InvalidEvent") from error
        if not isinstance(changed, dict):
            raise KubeError(f"`{self._call}` sent an event without an object", reason="InvalidEvent")
        if kind == "ERROR":
            raise KubeError.from_status(self._call, changed)
        return kind, changed
