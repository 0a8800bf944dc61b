"""What compiled code calls. Whatever it cannot do with certainty ends in an exception.

Compiled code is optimistic: any exception in it makes the interpreter evaluate the expression again, and the
interpreter's value or error is the answer. So nothing here needs a message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from policy_engine.cel import values
from policy_engine.cel.budget import Meter
from policy_engine.cel.libraries.declare import Cost, Overload, Value
from policy_engine.cel.values import ABSENT, Optional, matches


class GiveUp(Exception):
    """Leave compiled code: the value at hand is none that it can treat exactly."""


def give_up() -> NoReturn:
    """Raise GiveUp."""
    raise GiveUp


def at(container: Value, key: Value) -> Value:
    """Do `container[key]` where the key is no constant."""
    if key.__class__ is str and container.__class__ is dict:
        return container[key]
    if key.__class__ is int and key >= 0 and container.__class__ is list:
        return container[key]
    give_up()


def optional_at(container: Value, key: Value) -> Value:
    """Do `container[?key]` or `container.?key`; ABSENT for none, and where the container is ABSENT itself."""
    if container is ABSENT:
        return ABSENT
    if container.__class__ is dict and key.__class__ is str:
        return container.get(key, ABSENT)
    if container.__class__ is list and key.__class__ is int:
        return container[key] if 0 <= key < len(container) else ABSENT
    give_up()


def wrap(raw: Value) -> Optional:
    """Make an optional of a value or ABSENT."""
    return Optional(raw)


_PLAIN = frozenset({str, int, float, bool, type(None), dict})


def native(value: Value) -> Value:
    """Give back a value, or ABSENT, that a branch of `?:` leaves as it is.

    Types, library values and optionals in it change there, as does a list of them: the interpreter knows how.
    """
    kind = value.__class__
    if kind is list:
        for element in value:
            if element.__class__ not in _PLAIN:
                native(element)
        return value
    return value if kind in _PLAIN or value is ABSENT else give_up()


def no_optional(value: Value) -> Value:
    """Give back a value that is certainly no optional."""
    return give_up() if value.__class__ is Optional else value


def invoker(overloads: Sequence[Overload]) -> Callable[..., Value]:
    """Make a function that calls the first overload its arguments match."""
    candidates = [(o.params, o.implementation) for o in overloads if o.implementation is not None]

    def invoke(*args: Value) -> Value:
        for params, implementation in candidates:
            if all(map(matches, params, args)):
                return implementation(*args)
        give_up()

    return invoke


def charged(call: Callable[..., Value], cost: Cost) -> Callable[..., Value]:
    """Make a function that calls another and charges the meter, its own first argument, with the exact cost."""

    def invoke(meter: Meter, *args: Value) -> Value:
        result = call(*args)
        meter.charge(cost.actual(args, result))
        return result

    return invoke


def non_zero(value: Value) -> Value:
    """Do `optional.ofNonZeroValue(value)`: give the value, or ABSENT."""
    return ABSENT if values.is_zero(value) else value


NAMES: Mapping[str, Any] = {
    "ABSENT": ABSENT,
    "Optional": Optional,
    "add": values.add,
    "at": at,
    "contains": values.contains,
    "divide": values.divide,
    "equal": values.equal,
    "give_up": give_up,
    "greater": values.greater,
    "greater_or_equal": values.greater_or_equal,
    "less": values.less,
    "less_or_equal": values.less_or_equal,
    "modulo": values.modulo,
    "multiply": values.multiply,
    "native": native,
    "no_optional": no_optional,
    "non_zero": non_zero,
    "optional_at": optional_at,
    "size": values.size,
    "subtract": values.subtract,
    "wrap": wrap,
}
"""The globals that compiled code starts with."""
