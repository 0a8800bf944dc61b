"""The cluster's namespaces, as policies and their selectors see them."""

from __future__ import annotations

import threading
import time

from policy_engine.admission.context import Unknown
from policy_engine.admission.json_values import JsonObject
from webhook.cluster.api import ClusterClient
from webhook.cluster.paths import resource_path
from webhook.cluster.reflector import Reflector
from webhook.cluster.store import Store


class ClusterNamespaces:
    """Namespaces at hand: `find` never waits and never calls the API server."""

    def __init__(self, client: ClusterClient) -> None:
        self._store = Store()
        self._arrival = threading.Condition()
        self._is_closed = False
        self.reflector = Reflector(
            client,
            resource_path("", "v1", "namespaces"),
            what="namespaces",
            store=self._store,
            transform=without_managed_fields,
            on_change=self._tell,
        )

    def find(self, name: str) -> JsonObject | Unknown:
        """Give a Namespace. One that is not here may exist: its request can arrive before the news of it.

        Never None, for the API server lets no request through into a namespace that does not exist.
        """
        found = self._store.find("", name)
        if found is not None:
            return found
        if not self.reflector.is_synced:
            return Unknown("the cluster's namespaces are not synced yet")
        return Unknown(f"namespace `{name}` is not known here yet")

    def wait_for(self, name: str, deadline: float) -> JsonObject | None:
        """Wait for a Namespace, until the deadline (of `time.monotonic`) at most; None if it did not come."""
        with self._arrival:
            self._arrival.wait_for(
                lambda: self._is_closed or self._store.find("", name) is not None, deadline - time.monotonic()
            )
        return self._store.find("", name)

    def close(self) -> None:
        """Let nobody wait any longer, and ask the reflector to end."""
        self._is_closed = True
        self._tell()
        self.reflector.close()

    def _tell(self) -> None:
        with self._arrival:
            self._arrival.notify_all()


def without_managed_fields(found: JsonObject) -> JsonObject:
    """Drop who changed which field, often half of an object: policies cannot see it."""
    metadata = found.get("metadata")
    if isinstance(metadata, dict):
        metadata.pop("managedFields", None)
    return found
