"""How the API server writes bad values in its error texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policy_engine.admission.gojson import encode_json
from policy_engine.cel.libraries.go_quote import quote

GoValue = str | int | Sequence["GoValue"] | Mapping[str, "GoValue"]


class Enumerated(str):
    """A string of a named Go type, such as `FailurePolicyType`: errors show it as JSON, not with `%q`."""

    __slots__ = ()


def render(value: GoValue) -> str:
    """Write a bad value as it stands in a field error.

    Source: apimachinery pkg/util/validation/field/errors.go, `Error.ErrorBody`.
    """
    if isinstance(value, str) and not isinstance(value, Enumerated):
        return quote(value)
    return str(value) if isinstance(value, int) else encode_json(value)
