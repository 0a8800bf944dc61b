"""How Go looks at strings, and how it writes values in error texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policy_engine.admission.gojson import encode_json
from policy_engine.cel.libraries.go_quote import quote

GoValue = str | int | Sequence["GoValue"] | Mapping[str, "GoValue"]


class Enumerated(str):
    """A string of a named Go type, such as `FailurePolicyType`: errors show it as JSON, not with `%q`."""

    __slots__ = ()


def size_bytes(text: str) -> int:
    """Give the length of a string in UTF-8, which is what Go's len() counts."""
    return len(text) if text.isascii() else len(text.encode(errors="surrogatepass"))


def render(value: GoValue) -> str:
    """Write a bad value as it stands in a field error.

    Source: apimachinery pkg/util/validation/field/errors.go, `Error.ErrorBody`.
    """
    if isinstance(value, str) and not isinstance(value, Enumerated):
        return quote(value)
    return str(value) if isinstance(value, int) else encode_json(value)
