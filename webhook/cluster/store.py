"""The objects of one collection, as last heard of."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.objects import object_name, object_namespace

_Table = dict[str, dict[str, JsonObject]]  # by namespace (empty for cluster-scoped objects), then by name


class Store:
    """Objects by namespace and name: one thread writes, any number read, and no reader ever waits.

    Safe without a lock, since every step that a reader can see is one operation of a dict or one assignment, and
    the interpreter makes these whole. Objects are shared, not copied: nobody changes them.
    """

    def __init__(self) -> None:
        self._table: _Table = {}

    def find(self, namespace: str, name: str) -> JsonObject | None:
        """Give one object; the namespace is empty for cluster-scoped ones."""
        there = self._table.get(namespace)
        return None if there is None else there.get(name)

    def in_namespace(self, namespace: str) -> list[JsonObject]:
        """Give the objects of one namespace, without looking at others."""
        there = self._table.get(namespace)
        return [] if there is None else list(there.values())

    def all(self) -> list[JsonObject]:
        """Give all objects."""
        return [found for there in list(self._table.values()) for found in list(there.values())]

    def put(self, changed: JsonObject) -> None:
        """Take over an object, new or changed."""
        self._table.setdefault(object_namespace(changed), {})[object_name(changed)] = changed

    def remove(self, deleted: JsonObject) -> None:
        """Forget an object."""
        namespace = object_namespace(deleted)
        there = self._table.get(namespace)
        if there is not None:
            there.pop(object_name(deleted), None)
            if not there:
                self._table.pop(namespace, None)

    def replace(self, objects: Iterable[JsonObject]) -> None:
        """Take over a whole collection at once: a reader sees all of the old or all of the new."""
        table: _Table = {}
        for found in objects:
            table.setdefault(object_namespace(found), {})[object_name(found)] = found
        self._table = table
