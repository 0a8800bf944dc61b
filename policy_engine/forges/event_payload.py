"""JSON with words of strangers in it: the event that a workflow runs for, as the runner wrote it, or an answer."""

from __future__ import annotations

import json
from collections.abc import Callable

from policy_engine.admission.json_values import JsonObject, JsonValue, describe
from policy_engine.errors import InputError
from policy_engine.forges import told

MAX_BYTES = 25 * 1024 * 1024  # GitHub Docs, "Webhook events and payloads": payloads are capped at 25 MB


class EventPayload:
    """An object of the payload, and where it stands. What is missing or null reads as None.

    source: what it is a part of, for errors.
    """

    __slots__ = ("_path", "_source", "_value")

    def __init__(self, value: JsonObject, path: str = "", *, source: str = "event payload") -> None:
        self._value = value
        self._path = path
        self._source = source

    @classmethod
    def of(cls, value: JsonValue, source: str) -> EventPayload:
        """Take a whole document. Raises: InputError where it is no object."""
        if not isinstance(value, dict):
            raise InputError(f"{source}: expected an object, found {describe(value)}")
        return cls(value, source=source)

    def has(self, name: str) -> bool:
        """Tell whether a field is there, be it null."""
        return name in self._value

    def object(self, name: str) -> EventPayload | None:
        """Give an object. Raises: InputError where it is something else; so do the others."""
        value = self._value.get(name)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(name, "an object", value)
        return EventPayload(value, self.path(name), source=self._source)

    def text(self, name: str) -> str | None:
        """Give a string."""
        value = self._value.get(name)
        if value is not None and not isinstance(value, str):
            raise self._wrong(name, "a string", value)
        return None if value is None else told.text(value)

    def number(self, name: str) -> int | None:
        """Give an integer."""
        value = self._value.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
            raise self._wrong(name, "a number", value)
        return value

    def flag(self, name: str) -> bool | None:
        """Give a boolean."""
        value = self._value.get(name)
        if value is not None and not isinstance(value, bool):
            raise self._wrong(name, "a boolean", value)
        return value

    def objects(self, name: str) -> tuple[EventPayload, ...] | None:
        """Give a list of objects."""
        values = self._value.get(name)
        if values is None:
            return None
        if not isinstance(values, list):
            raise self._wrong(name, "a list", values)
        for value in values:
            if not isinstance(value, dict):
                raise self._wrong(name, "a list of objects", values)
        return tuple(
            EventPayload(value, f"{self.path(name)}[{index}]", source=self._source)
            for index, value in enumerate(values)
        )

    def commit(self, name: str) -> str:
        """Give the id of a commit; empty where there is none."""
        return told.commit_id(self.text(name) or "", self.path(name))

    def branch(self, name: str) -> str:
        """Give the name of a branch; empty where there is none."""
        return told.branch(self.text(name) or "", self.path(name))

    def path(self, name: str) -> str:
        """Give the path of a field, for errors."""
        return f"{self._path}.{name}" if self._path else name

    def _wrong(self, name: str, wanted: str, value: JsonValue) -> InputError:
        return InputError(f"{self._source}: {self.path(name)}: expected {wanted}, found {describe(value)}")


def read_payload(path: str, read_file: Callable[[str], bytes]) -> EventPayload:
    """Read the file that GITHUB_EVENT_PATH names. read_file: may raise OSError or ValueError.

    Raises: InputError where there is no such file, or no JSON object in it.
    """
    if not path:
        raise InputError("GITHUB_EVENT_PATH is not set", help=_HELP)
    try:
        data = read_file(path)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"event payload: cannot be read: {reason}", help=_HELP) from error
    if len(data) > MAX_BYTES:
        raise InputError(f"event payload: longer than {MAX_BYTES} bytes, which no forge sends", help=_HELP)
    try:
        value: JsonValue = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputError("event payload: not JSON", help=_HELP) from error
    return EventPayload.of(value, "event payload")


_HELP = "the runner writes it; a step that runs in a container of its own must have it mounted"
