"""Numbers between YAML and JSON, in Go's spelling, because a manifest reaches the API server through it.

A YAML `1.0` becomes the JSON text `1` and so an int; `1e21` stays a float. Source: Go encoding/json
`floatEncoder`, strconv `FormatFloat`; k8s.io/apimachinery pkg/util/json `convertNumber`.
"""

from __future__ import annotations

import math
import struct

from policy_engine.cel.values.doubles import in_shortest_form, plain_digits, take_apart
from policy_engine.cel.values.numbers import INT_MAX, INT_MIN


def json_text(number: float) -> str | None:
    """Write a float as Go's JSON encoder does; None for what JSON cannot hold."""
    if not math.isfinite(number):
        return None
    if number == 0:
        return "-0" if math.copysign(1, number) < 0 else "0"
    negative, digits, exponent = take_apart(repr(number))
    size = abs(number)
    if size < 1e-6 or size >= 1e21:
        fraction = "." + digits[1:] if len(digits) > 1 else ""
        sign = "+" if exponent >= 0 else ""
        return f"{negative}{digits[0]}{fraction}e{sign}{exponent}"
    return negative + plain_digits(digits, exponent)


def from_json_number(text: str) -> int | float:
    """Read a JSON number as the API server does: an int where it is written as one and fits 64 bits, else a float.

    The float may be infinite where the text is too large for one.
    """
    if "." not in text and "e" not in text and "E" not in text and len(text) <= 20:
        number = int(text)
        if INT_MIN <= number <= INT_MAX:
            return number
    return float(text)


def float_as_key(number: float) -> str:
    """Write a float as sigs.k8s.io/yaml writes it where it is a key: shortest form of a 32-bit float."""
    if math.isnan(number):
        return ".nan"
    try:
        (single,) = struct.unpack("f", struct.pack("f", number))
    except OverflowError:
        single = math.copysign(math.inf, number)
    if math.isinf(single):
        return ".inf" if single > 0 else "-.inf"
    if single == 0:
        return "-0" if math.copysign(1, single) < 0 else "0"
    return in_shortest_form(_shortest_single(single))


def _shortest_single(single: float) -> str:
    for precision in range(9):
        text = f"{single:.{precision}e}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            return text
    return repr(single)
