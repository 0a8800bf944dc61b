"""One collection of the API server kept in a store: listed, then watched, for as long as the server runs.

Source: client-go tools/cache/reflector.go, but for what its docstrings here say otherwise.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from policy_engine.admission.json_values import JsonObject
from webhook.cluster.api import ClusterClient, WatchStream
from webhook.cluster.kube_error import NO_ANSWER, KubeError
from webhook.cluster.store import Store
from webhook.loops import Loop

_log = logging.getLogger("polgate.cluster")

_WATCH_S: Final = (300.0, 600.0)  # client-go: five to ten minutes, so that not all watches end together
_SILENCE_S: Final = 15.0  # how much longer than the server's timeout the connection may stay silent
_SHORT_WATCH_S: Final = 1.0  # client-go: a watch that ends sooner, without an event, has failed
_HEALTHY_WATCH_S: Final = 10.0  # a watch that lasted longer worked, even where nothing happened
_ABSENT_PAUSE_S: Final = 10.0
_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0
_TRIES_FROM_ONE_VERSION: Final = 5

_NOT_FOUND: Final = 404
_GONE: Final = 410
_ABOUT_THE_CALLER: Final = frozenset({NO_ANSWER, 401, 403, 429})


def _unchanged(found: JsonObject) -> JsonObject:
    return found


def _nothing() -> None:
    pass


class Reflector:
    """Keep a store equal to a collection of the API server.

    Lists are consistent ones (no resourceVersion), not whatever the answering server has in its memory: a server
    that lags behind would bring back policies that were deleted. A watch that breaks goes on where it stood; the
    collection is listed again only where the server forgot that moment (410), and replaces the store at once.

    what: the collection in words, for logs. transform: drops what nobody needs. on_change: called after every
    change of the store, in this reflector's thread; it must be quick.
    may_be_absent: a collection that is not served (404) is empty, and looked for again: it may come with a
    CustomResourceDefinition. Otherwise that is an error as any other, and what is known stays known: a proxy in
    between may say so of everything.
    """

    def __init__(
        self,
        client: ClusterClient,
        path: str,
        *,
        what: str,
        store: Store,
        query: Mapping[str, str] | None = None,
        transform: Callable[[JsonObject], JsonObject] = _unchanged,
        on_change: Callable[[], None] = _nothing,
        page_size: int = 500,
        may_be_absent: bool = False,
    ) -> None:
        self.what = what
        self.problem: str | None = None  # why the last call failed; None while all is well
        self.is_synced = False  # listed at least once, or known to be absent; never taken back
        self.is_absent = False
        self._client = client
        self._path = path
        self._store = store
        self._query = dict(query or {})
        self._transform = transform
        self._on_change = on_change
        self._page_size = page_size
        self._may_be_absent = may_be_absent
        self._version: str | None = None  # to watch from; None: list first
        self._heard_s: float | None = None
        self._failures = 0  # since a watch last worked
        self._stopping = threading.Event()
        self._stream: WatchStream | None = None
        self._loop = Loop(f"watch {what}", self._step)

    def start(self) -> None:
        """Start to list and watch, in a thread of its own."""
        self._loop.start()

    def look_again(self) -> None:
        """Try at once what is being waited for, such as a collection that was absent."""
        self._loop.wake()

    def close(self) -> None:
        """Ask the thread to end, without waiting for it."""
        self.stop(timeout_s=0)

    def stop(self, *, timeout_s: float = 2.0) -> None:
        """End the thread: at once out of a watch. A server that does not answer is waited for until timeout_s."""
        self._stopping.set()
        stream = self._stream
        if stream is not None:
            stream.close()
        self._loop.stop(timeout_s=timeout_s)

    def age_s(self) -> float:
        """Tell how long ago the store was last known to be current; infinite before the first list.

        That is the last event, bookmark or list. A watch on which nothing happens says nothing about whether it
        still works, but servers send a bookmark about once a minute: up to two minutes are health, more means that
        the connection is lost or that this server sends no bookmarks, as some aggregated ones.
        """
        heard_s = self._heard_s
        return float("inf") if heard_s is None else time.monotonic() - heard_s

    def _step(self) -> float:
        try:
            if self._version is None:
                self._list()
            self._watch()
        except KubeError as error:
            return 0.0 if self._stopping.is_set() else self._pause_after(error)
        return 0.0

    def _list(self) -> None:
        started_s = time.monotonic()  # what the list shows is at least as new as this
        try:
            objects, version = self._list_pages(self._page_size)
        except KubeError as error:
            if error.status != _GONE:
                raise
            # The moment of the first page was forgotten on the way: all in one page, as client-go's pager does.
            objects, version = self._list_pages(0)
        self._store.replace(objects)
        self._version = version
        self._heard_s = started_s
        self.is_absent = False
        self.is_synced = True
        self._clear_problem()
        _log.info("%s listed", self.what, extra={"collection": self.what, "objects": len(objects)})
        self._on_change()

    def _list_pages(self, page_size: int) -> tuple[list[JsonObject], str]:
        objects: list[JsonObject] = []
        version = ""
        for page in self._client.list_pages(self._path, query=self._query, page_size=page_size):
            if self._stopping.is_set():
                raise KubeError("stopped")
            # Of Kubernetes' own kinds, items of a list do not say what they are, while objects of events do.
            typed = {"apiVersion": page.get("apiVersion"), "kind": str(page.get("kind")).removesuffix("List")}
            for item in page.get("items") or ():
                objects.append(self._transform(item if "kind" in item else {**typed, **item}))
            version = (page.get("metadata") or {}).get("resourceVersion") or version
        if not version:
            raise KubeError(f"list of {self.what} came without a resourceVersion", reason="InvalidList")
        return objects, version

    def _watch(self) -> None:
        lasting_s = random.uniform(*_WATCH_S)
        started_s = time.monotonic()
        is_alive = False
        query = {
            **self._query,
            "resourceVersion": self._version or "",
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(int(lasting_s)),
        }
        with self._client.watch(self._path, query=query, read_timeout_s=lasting_s + _SILENCE_S) as stream:
            self._clear_problem()
            self._stream = stream
            try:
                if self._stopping.is_set():  # before close() could see the stream
                    return
                for kind, changed in stream:
                    self._apply(kind, changed)
                    is_alive = True
            finally:
                self._stream = None
                if time.monotonic() - started_s > _HEALTHY_WATCH_S:
                    self._failures = 0
        if not self._stopping.is_set() and not is_alive and time.monotonic() - started_s < _SHORT_WATCH_S:
            raise KubeError(f"watch of {self.what} was ended by the server at once")

    def _apply(self, kind: str, changed: JsonObject) -> None:
        version = (changed.get("metadata") or {}).get("resourceVersion")
        if not version:
            raise KubeError(f"watch of {self.what} sent an object without a resourceVersion", status=_GONE)
        if kind in ("ADDED", "MODIFIED"):
            self._store.put(self._transform(changed))
        elif kind == "DELETED":
            self._store.remove(changed)
        self._version = version
        self._heard_s = time.monotonic()
        self._failures = 0
        if kind != "BOOKMARK":
            self._on_change()

    def _clear_problem(self) -> None:
        if self.problem is not None:
            self.problem = None
            _log.info("%s are up to date again", self.what, extra={"collection": self.what})

    def _pause_after(self, error: KubeError) -> float:
        """Decide where to go on after a failure, and give the seconds to wait before."""
        if error.status == _NOT_FOUND and self._may_be_absent:
            return self._become_absent()
        self._failures += 1
        if self._must_list_again(error):
            self._version = None
        if error.status == _GONE and self._failures == 1:
            _log.info("%s have to be listed again: %s", self.what, error, extra={"collection": self.what})
            return 0.0
        pause_s = min(_FIRST_PAUSE_S * 2.0 ** min(self._failures - 1, 10), _LONGEST_PAUSE_S) * random.uniform(
            0.5, 1.0
        )
        pause_s = max(pause_s, min(error.retry_after_s or 0.0, _LONGEST_PAUSE_S))
        self.problem = error.message
        _log.warning(
            "%s cannot be followed, next try in %.1f s: %s",
            self.what,
            pause_s,
            error,
            extra={"collection": self.what, "status": error.status, "failures": self._failures},
        )
        return pause_s

    def _must_list_again(self, error: KubeError) -> bool:
        """Tell whether the version to watch from is to blame.

        Where the server is away, overloaded or does not let us in, it is not. Where it answers with errors of its
        own, they may be about a version that it has not reached yet: its data were restored from a backup.
        """
        if error.status in _ABOUT_THE_CALLER:
            return False
        return error.status < 500 or self._failures >= _TRIES_FROM_ONE_VERSION

    def _become_absent(self) -> float:
        was_known = self.is_absent
        self._version = None
        self._store.replace(())
        self._heard_s = time.monotonic()
        self.is_absent = self.is_synced = True
        self._failures = 0
        self._clear_problem()
        if not was_known:
            _log.warning("%s are not served by this cluster", self.what, extra={"collection": self.what})
            self._on_change()
        return _ABSENT_PAUSE_S
