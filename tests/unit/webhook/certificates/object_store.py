"""The Kubernetes API's objects in memory: enough of someone else's server for optimistic locking to be real."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from typing import Any

from webhook.cluster.kube_error import KubeError

JsonObject = dict[str, Any]


class ObjectStore:
    """before_write: called before each write, with its verb and path; may raise, or change the store.

    writes: the verb and path of each write that succeeded.
    """

    def __init__(self) -> None:
        self.objects: dict[str, JsonObject] = {}
        self.writes: list[tuple[str, str]] = []
        self.before_write: Callable[[str, str], None] = lambda verb, path: None
        self.unreachable = False
        self.forbidden: frozenset[str] = frozenset()
        self._version = 0
        self._lock = threading.RLock()

    def get(self, path: str, *, query: Mapping[str, str] | None = None) -> JsonObject:
        self._check("get", path)
        with self._lock:
            return copy.deepcopy(self._find(path))

    def create(self, path: str, body: JsonObject) -> JsonObject:
        self._check("create", path)
        self.before_write("create", path)
        with self._lock:
            own = f"{path}/{body['metadata']['name']}"
            if own in self.objects:
                raise KubeError(
                    f"`POST {path}` was answered 409: already exists", status=409, reason="AlreadyExists"
                )
            return self._store("create", own, body)

    def replace(self, path: str, body: JsonObject) -> JsonObject:
        self._check("update", path)
        self.before_write("update", path)
        with self._lock:
            stored = self._find(path)
            version = body["metadata"].get("resourceVersion")
            if version is not None and version != stored["metadata"]["resourceVersion"]:
                raise KubeError(f"`PUT {path}` was answered 409: modified", status=409, reason="Conflict")
            return self._store("update", path, body)

    def patch(self, path: str, body: JsonObject) -> JsonObject:
        self._check("patch", path)
        self.before_write("patch", path)
        with self._lock:
            merged = _merge(self._find(path), body)
            version = (body.get("metadata") or {}).get("resourceVersion")
            if version is not None and version != self._find(path)["metadata"]["resourceVersion"]:
                raise KubeError(f"`PATCH {path}` was answered 409: modified", status=409, reason="Conflict")
            return self._store("patch", path, merged)

    def put(self, path: str, body: JsonObject) -> None:
        """Have an object there, by somebody else's hand."""
        with self._lock:
            self._store("", path, body)

    def drop(self, path: str) -> None:
        with self._lock:
            del self.objects[path]

    def _check(self, verb: str, path: str) -> None:
        if self.unreachable:
            raise KubeError(f"`{verb} {path}` got no answer: connection refused")
        if verb in self.forbidden:
            raise KubeError(f"`{verb} {path}` was answered 403: forbidden", status=403, reason="Forbidden")

    def _find(self, path: str) -> JsonObject:
        if path not in self.objects:
            raise KubeError(f"`GET {path}` was answered 404: not found", status=404, reason="NotFound")
        return self.objects[path]

    def _store(self, verb: str, path: str, body: JsonObject) -> JsonObject:
        self._version += 1
        stored = copy.deepcopy(body)
        stored["metadata"] = {**stored["metadata"], "resourceVersion": str(self._version)}
        self.objects[path] = stored
        if verb:
            self.writes.append((verb, path))
        return copy.deepcopy(stored)


def _merge(target: Any, change: Any) -> Any:
    """Apply a JSON merge patch. Source: RFC 7386."""
    if not isinstance(change, dict):
        return copy.deepcopy(change)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in change.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged
