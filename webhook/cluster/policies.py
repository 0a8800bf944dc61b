"""The cluster's policies and bindings, handed on as wholes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.objects import object_name
from policy_engine.records import record
from webhook.cluster.api import ClusterClient
from webhook.cluster.namespaces import without_managed_fields
from webhook.cluster.paths import resource_path
from webhook.cluster.reflector import Reflector
from webhook.cluster.store import Store
from webhook.loops import Loop

_QUIET_S: Final = 0.1  # `kubectl apply -f policies/` is one change
_LONGEST_WAIT_S: Final = 1.0  # a stream of changes does not keep policies out for longer
_FOR_EVER_S: Final = 3600.0

_GROUP: Final = "admissionregistration.k8s.io"


@record
class PolicyObjects:
    """All policies and the bindings that were asked for, of one moment, each sorted by name."""

    policies: tuple[JsonObject, ...]
    bindings: tuple[JsonObject, ...]


class ClusterPolicies:
    """ValidatingAdmissionPolicies and their bindings (`v1`, Kubernetes 1.30).

    bindings_selector: a label selector; the server sends only bindings that it matches. Empty: all of them.
    on_policies: called with every new state, from one thread, first when both collections were listed. When it
    raises, it is called again after a pause.
    """

    def __init__(
        self, client: ClusterClient, *, bindings_selector: str, on_policies: Callable[[PolicyObjects], None]
    ) -> None:
        self._policies, self._bindings = Store(), Store()
        self._on_policies = on_policies
        self._lock = threading.Lock()
        self._changed_s: tuple[float, float] | None = None  # first and last change not handed on yet
        self.is_delivered = False  # on_policies has returned at least once
        self.reflectors = (
            Reflector(
                client,
                resource_path(_GROUP, "v1", "validatingadmissionpolicies"),
                what="validating admission policies",
                store=self._policies,
                transform=without_managed_fields,
                on_change=self._note,
            ),
            Reflector(
                client,
                resource_path(_GROUP, "v1", "validatingadmissionpolicybindings"),
                what="validating admission policy bindings",
                store=self._bindings,
                query={"labelSelector": bindings_selector} if bindings_selector else {},
                transform=without_managed_fields,
                on_change=self._note,
            ),
        )
        self._loop = Loop("hand on policies", self._hand_on)

    def start(self) -> None:
        """Start to follow both collections."""
        for reflector in self.reflectors:
            reflector.start()
        self._loop.start()

    def stop(self) -> None:
        """Hand nothing on any more. The reflectors are stopped by whoever stops them all."""
        self._loop.stop(timeout_s=2.0)

    def _note(self) -> None:
        now_s = time.monotonic()
        with self._lock:
            first_s, _ = self._changed_s or (now_s, now_s)
            self._changed_s = (first_s, now_s)
        self._loop.wake()

    def _hand_on(self) -> float:
        with self._lock:
            changed_s = self._changed_s
        if changed_s is None or not all(reflector.is_synced for reflector in self.reflectors):
            return _FOR_EVER_S
        first_s, last_s = changed_s
        due_s = min(last_s + _QUIET_S, first_s + _LONGEST_WAIT_S)
        left_s = due_s - time.monotonic()
        if left_s > 0:
            return left_s
        with self._lock:
            self._changed_s = None
        try:
            self._on_policies(PolicyObjects(_sorted(self._policies), _sorted(self._bindings)))
        except BaseException:
            with self._lock:
                self._changed_s = changed_s  # still to be done, after the loop's pause
            raise
        self.is_delivered = True
        return _FOR_EVER_S


def _sorted(store: Store) -> tuple[JsonObject, ...]:
    return tuple(sorted(store.all(), key=object_name))
