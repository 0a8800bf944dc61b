"""cel-python as a second engine. It comes with the extra `cross-check`.

Only its interpreting runner is used: the compiling one keeps bindings in module globals, where threads meet.
It differs from Kubernetes in ways that tests/differential/cel_python_divergences.yaml lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from policy_engine.cel.engines import Opinion
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.values import Duration, Timestamp, TypeValue, UInt, make_map

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class CelPythonEngine:
    """Evaluates with cel-python. Raises ImportError where it is not installed."""

    name = "cel-python"

    def __init__(self) -> None:
        import celpy
        from celpy import adapter

        self._celpy = celpy
        self._convert = adapter.json_to_cel
        self._environment = celpy.Environment()

    def evaluate(self, text: str, activation: Mapping[str, Value]) -> Opinion:
        """Compile and evaluate; whatever it raises is its error."""
        try:
            program = self._environment.program(self._environment.compile(text))
            bindings = {name: self._convert(value) for name, value in activation.items()}
            return Opinion(value=_plain(program.evaluate(bindings)))
        except Exception as error:  # it raises many kinds, Python's own among them
            return Opinion(error=f"{type(error).__name__}: {error}")


def _plain(value: Any) -> Value:
    """Turn a value of cel-python into one of ours. Raises TypeError for what has no counterpart."""
    from celpy import celtypes

    match value:
        case None | bool() | celtypes.BoolType():
            return None if value is None else bool(value)
        case celtypes.UintType():
            return UInt(value)
        case celtypes.IntType():
            return int(value)
        case celtypes.DoubleType():
            return float(value)
        case celtypes.StringType():
            return str(value)
        case celtypes.BytesType():
            return bytes(value)
        case celtypes.ListType():
            return [_plain(element) for element in value]
        case celtypes.MapType():
            return make_map((_plain(key), _plain(element)) for key, element in value.items())
        case celtypes.TimestampType():
            return Timestamp(datetime.__sub__(value, _EPOCH) // _MICROSECOND * 1000)
        case celtypes.DurationType():
            return Duration(value // _MICROSECOND * 1000)
        case type():
            return TypeValue(value.__name__)
    raise TypeError(f"no counterpart for a value of cel-python's `{type(value).__name__}`")
