"""Reading typed fields out of decoded documents, with the path of the field in every error."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.admission.json_values import JsonObject, JsonValue, describe
from policy_engine.errors import PolicyError


class Fields:
    """An object inside a document, and where it stands.

    A field that is missing or null reads as its empty value, as in Go. A field of the wrong type raises
    PolicyError: `spec.validations[0].expression: expected a string, found a number`.
    """

    __slots__ = ("_path", "_value")

    def __init__(self, value: JsonObject, path: str = "") -> None:
        self._value = value
        self._path = path

    @classmethod
    def of(cls, value: JsonValue, path: str = "") -> Fields:
        """Wrap a decoded value. Raises: PolicyError where it is no object."""
        if not isinstance(value, dict):
            raise PolicyError(f"{path or 'document'}: expected an object, found {describe(value)}")
        return cls(value, path)

    def has(self, name: str) -> bool:
        """Tell whether a field is there and not null."""
        return self._value.get(name) is not None

    def path(self, name: str) -> str:
        """Give the path of a field."""
        return f"{self._path}.{name}" if self._path else name

    def text(self, name: str) -> str:
        """Read a string."""
        return self.optional_text(name) or ""

    def optional_text(self, name: str) -> str | None:
        """Read a string that may be absent."""
        value = self._value.get(name)
        if value is not None and not isinstance(value, str):
            raise PolicyError(f"{self.path(name)}: expected a string, found {describe(value)}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Read a list of strings; null is the empty string, as Go decodes it."""
        values = self._list(name)
        for index, value in enumerate(values):
            if value is not None and not isinstance(value, str):
                raise PolicyError(f"{self.path(name)}[{index}]: expected a string, found {describe(value)}")
        return tuple(value or "" for value in values)

    def text_map(self, name: str) -> dict[str, str]:
        """Read an object whose values are strings."""
        fields = self.object(name)
        return {key: fields.text(key) for key in fields._value}

    def object(self, name: str) -> Fields:
        """Read an object; an absent one is empty."""
        value = self._value.get(name)
        return Fields.of({} if value is None else value, self.path(name))

    def optional_object(self, name: str) -> Fields | None:
        """Read an object that may be absent."""
        return self.object(name) if self.has(name) else None

    def objects(self, name: str) -> Iterator[Fields]:
        """Read a list of objects."""
        for index, value in enumerate(self._list(name)):
            yield Fields.of(value, f"{self.path(name)}[{index}]")

    def _list(self, name: str) -> list[JsonValue]:
        value = self._value.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise PolicyError(f"{self.path(name)}: expected a list, found {describe(value)}")
        return value
