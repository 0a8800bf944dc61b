"""Documents decoded as the API server decodes them, with all that strict decoding has against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from policy_engine.admission.json_values import JsonValue
from policy_engine.admission.validation.field_errors import ErrorKind, FieldError, render_path
from policy_engine.admission.validation.go_text import Enumerated
from policy_engine.admission.validation.shapes import (
    Anything,
    Boolean,
    Integer,
    ListOf,
    MapOfText,
    Moment,
    Record,
    Shape,
    Text,
)
from policy_engine.cel.checker.spelling import closest
from policy_engine.cel.libraries.go_quote import quote
from policy_engine.field_paths import FieldPath

Decoded: TypeAlias = dict[str, JsonValue]

_INT64 = range(-(2**63), 2**63)


def decode(document: Mapping[str, JsonValue], shape: Record) -> tuple[Decoded, list[FieldError]]:
    """Give what the server would keep of a document, and why it would refuse it.

    Kept are known fields of the right type; nulls are gone, and strings of named types are `Enumerated`. The
    server names only the first value of a wrong type; here is every one, worded as if it were the first.
    Source: sigs.k8s.io/json (UnmarshalStrict), apimachinery pkg/runtime/serializer/json.
    """
    decoder = _Decoder()
    return decoder.record(document, shape, ()), decoder.errors


class _Owner(NamedTuple):
    """The struct that a value belongs to: Go names it, and the path to its field without index or map key.

    depth: how many steps of the value's path lead to that field.
    """

    struct: Record
    depth: int


class _Decoder:
    """Collects errors on the way through a document."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def record(self, value: Mapping[str, JsonValue], shape: Record, path: FieldPath) -> Decoded:
        kept: Decoded = {}
        for key, item in value.items():
            field = shape.fields.get(key)
            if field is None:
                self._unknown((*path, key), shape)
            elif item is not None:
                decoded = self._value(item, field, (*path, key), _Owner(shape, len(path) + 1))
                if decoded is not None:
                    kept[key] = decoded
        return kept

    def _value(self, value: JsonValue, shape: Shape, path: FieldPath, owner: _Owner) -> JsonValue:
        """Decode a value; None where it cannot be kept."""
        match shape, value:
            case Record(), dict():
                return self.record(value, shape, path)
            case ListOf(), list():
                return [self._item(item, shape.item, (*path, i), owner) for i, item in enumerate(value)]
            case MapOfText(), dict():
                return {key: self._item(item, Text(), (*path, key), owner) for key, item in value.items()}
            case Text(go_type="string"), str():
                return value
            case Text(), str():
                return Enumerated(value)
            case (Boolean(), bool()) | (Moment(), str()) | (Anything(), _):
                return value
            case Integer(), int() if not isinstance(value, bool) and value in _INT64:
                return value
        self._wrong_type(value, shape, path, owner)
        return None

    def _item(self, value: JsonValue, shape: Shape, path: FieldPath, owner: _Owner) -> JsonValue:
        """Decode a value that keeps its place: what is null or of a wrong type becomes Go's zero value."""
        decoded = None if value is None else self._value(value, shape, path, owner)
        if decoded is not None:
            return decoded
        return {} if isinstance(shape, Record) else ""

    def _unknown(self, path: FieldPath, shape: Record) -> None:
        error = FieldError(
            path=path,
            kind=ErrorKind.UNKNOWN_FIELD,
            message=f"strict decoding error: unknown field {quote(render_path(path))}",
            suggestion=closest(str(path[-1]), shape.fields),
        )
        self.errors.append(error)

    def _wrong_type(self, value: JsonValue, shape: Shape, path: FieldPath, owner: _Owner) -> None:
        *fields, last = (step for step in path[: owner.depth] if isinstance(step, str))
        embedded = owner.struct.embedded.get(last)
        fields += [embedded, last] if embedded else [last]
        place = f"{owner.struct.name}.{'.'.join(fields)}"
        found = _describe(value, shape)
        message = f"json: cannot unmarshal {found} into Go struct field {place} of type {shape.go_type}"
        self.errors.append(FieldError(path=path, kind=ErrorKind.TYPE_INVALID, message=message))


def _describe(value: JsonValue, shape: Shape) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return f"number {value}" if isinstance(shape, Integer) else "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, dict) else "array"
