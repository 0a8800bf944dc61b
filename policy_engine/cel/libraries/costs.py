"""What calls cost at run time, in the units Kubernetes limits.

Sources: cel-go interpreter/runtimecost.go (`costCall`) for the language's own functions; apiserver
pkg/cel/library/cost.go (`CallCost`) for Kubernetes' libraries; the trackers in cel-go's ext/ for the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain
from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.declare import NOMINAL, Cost, CostBounder, Value, constant_cost
from policy_engine.cel.sizes import ONE, Size, smallest
from policy_engine.cel.sizes import total as sizes_total
from policy_engine.cel.values.display import go_type
from policy_engine.cel.values.durations import Duration
from policy_engine.cel.values.maps import KeyedMap
from policy_engine.cel.values.numbers import UInt
from policy_engine.cel.values.opaque import OpaqueValue
from policy_engine.cel.values.optional import ABSENT, Optional
from policy_engine.cel.values.timestamps import Timestamp

STRING_FACTOR: Final = 0.1  # cel-go common/cost.go, StringTraversalCostFactor
REGEX_FACTOR: Final = 0.25  # cel-go common/cost.go, RegexStringLengthCostFactor
CALL: Final = 1  # cel-go ext/, callCost
LIST_CREATE: Final = 10  # cel-go common/cost.go, ListCreateBaseCost

# The values that have the first method of a Go list, but not the second: the message names the one they lack.
_WITH_ADD: Final = frozenset({bytes, float, int, str, Duration, Timestamp, UInt})
_SIZED: Final[frozenset[type]] = frozenset({str, list, dict, bytes, KeyedMap})


def size(value: Value) -> int:
    """Measure a value: length of what has one, 1 for everything else, errors included."""
    class_ = value.__class__
    if class_ in _SIZED:
        return len(value)
    if isinstance(value, OpaqueValue):
        return value.cost_size()
    return 1


def size_through_optional(value: Value) -> int:
    """Measure a value as cel-go's own tracker does, which looks into optionals."""
    while value.__class__ is Optional and value.value is not ABSENT:
        value = value.value
    return size(value)


def traversal(value: Value) -> int:
    """Sum what it takes to look at every part of a value once.

    A part that is there twice counts twice, but is walked only once.
    Source: apiserver pkg/cel/library/cost.go, `traversalCost`.
    """
    return _traverse(value, {})


def _traverse(value: Value, known: dict[int, int]) -> int:
    """known: the identity of a list or map -> what was summed for it."""
    class_ = value.__class__
    if class_ is str:
        # Bytes of UTF-8 here, where every other cost counts code points.
        return int((len(value) if value.isascii() else len(value.encode())) * STRING_FACTOR)
    if class_ is bytes:
        return int(len(value) * STRING_FACTOR)
    if class_ is not list and class_ is not dict and class_ is not KeyedMap:
        return 1
    total = known.get(id(value))
    if total is None:
        parts = value if class_ is list else chain.from_iterable(value.items())
        total = known[id(value)] = sum(_traverse(part, known) for part in parts)
    return total


def _walk(index: int, factor: float) -> CostBounder:
    """Bound a cost that grows with one argument; each charge is rounded up."""

    def bound(sizes: Sequence[Size | None]) -> Size | None:
        walked = sizes[index] if index < len(sizes) else ONE
        return None if walked is None else walked.times(factor).plus(ONE)

    return bound


def _bound_both(sizes: Sequence[Size | None]) -> Size | None:
    both = sizes_total(sizes)
    return None if both is None else both.times(STRING_FACTOR).plus(ONE)


def _bound_smaller(sizes: Sequence[Size | None]) -> Size | None:
    smaller = smallest(sizes)
    return None if smaller is None else smaller.times(STRING_FACTOR).plus(ONE)


def _search(factor: float) -> CostBounder:
    """Bound a walk over the first argument, once for each part of the second, which has to be constant."""

    def bound(sizes: Sequence[Size | None]) -> Size | None:
        text, sought = sizes[0], sizes[1] if len(sizes) > 1 else None
        if text is None or sought is None or sought.parts:
            return None
        walk = text.plus(ONE).times(STRING_FACTOR).plus(ONE)
        return walk.times(math.ceil(sought.constant * factor))

    return bound


def _string_cost(factor: int) -> Cost:
    def actual(args: Sequence[Value], result: Value) -> int:
        return math.ceil(size(args[0]) * factor * STRING_FACTOR)

    return Cost(actual, of_function=True, bound=_walk(0, factor * STRING_FACTOR))


def _first_argument(args: Sequence[Value], result: Value) -> int:
    return math.ceil(size_through_optional(args[0]) * STRING_FACTOR)


def _both_arguments(args: Sequence[Value], result: Value) -> int:
    total = size_through_optional(args[0]) + size_through_optional(args[1])
    return math.ceil(total * STRING_FACTOR)


def _smaller_argument(args: Sequence[Value], result: Value) -> int:
    smaller = min(size_through_optional(args[0]), size_through_optional(args[1]))
    return math.ceil(smaller * STRING_FACTOR)


def _equality(args: Sequence[Value], result: Value) -> int:
    if isinstance(args[0], OpaqueValue):
        return 1
    return _smaller_argument(args, result)


def _contained(args: Sequence[Value], result: Value) -> int:
    return math.ceil(size_through_optional(args[0]) * STRING_FACTOR) * math.ceil(
        size_through_optional(args[1]) * STRING_FACTOR
    )


def regex_units(text_size: int, pattern_size: int) -> int:
    """Charge a match of a pattern against a text; an empty text counts as one character."""
    return math.ceil((1.0 + text_size) * STRING_FACTOR) * math.ceil(pattern_size * REGEX_FACTOR)


def _matched(args: Sequence[Value], result: Value) -> int:
    return regex_units(size_through_optional(args[0]), size_through_optional(args[1]))


def _found(args: Sequence[Value], result: Value) -> int:
    return regex_units(size(args[0]), size(args[1]))


def _joined(args: Sequence[Value], result: Value) -> int:
    return math.ceil(size(result) * 2 * STRING_FACTOR)


def _product(factor: int) -> Cost:
    def actual(args: Sequence[Value], result: Value) -> int:
        return CALL + size(args[0]) * size(args[1]) * factor

    return Cost(actual)


def _list_made(units: float) -> int:
    """Charge for a list. Where the product is negative, so is the charge: the total decides what it means.

    Go turns the product into an unsigned number without a check. Added to the total, a negative charge comes
    out right if the total stays above zero, and as a huge number if not: the tracker takes it for that.
    """
    whole = 1 << 63 if units >= 1 << 64 else int(max(units, -float(1 << 63)))
    return whole + CALL + LIST_CREATE


def _output_list(args: Sequence[Value], result: Value) -> int:
    return _list_made(size(result))


def _flattened(args: Sequence[Value], result: Value) -> int:
    depth = args[1] if len(args) == 2 else 1
    if depth.__class__ is not int:
        raise _panic(f"ref.Val is {go_type(depth)}, not types.Int")
    return _list_made(size(args[0]) * float(depth))


def _require_list(value: Value) -> list[Value]:
    if value.__class__ is list:
        return value
    missing = "Contains" if value.__class__ in _WITH_ADD else "Add"
    raise _panic(f"{go_type(value)} is not traits.Lister: missing method {missing}")


def _panic(what: str) -> EvaluationError:
    """Make the error that ends an evaluation, whatever stands around the call, because cel-go's tracker panics."""
    return EvaluationError(f"internal error: interface conversion: {what}")


def _compared_with_itself(index: int) -> Cost:
    def actual(args: Sequence[Value], result: Value) -> int:
        items = _require_list(args[index])
        factor = 2.0
        if items and items[0].__class__ in (str, bytes):
            factor += STRING_FACTOR
        return _list_made(len(items) * len(items) * factor)

    return Cost(actual)


FIRST_ARGUMENT: Final = Cost(_first_argument, bound=_walk(0, STRING_FACTOR))
"""A walk over the first argument, a string or bytes."""
BOTH_ARGUMENTS: Final = Cost(_both_arguments, bound=_bound_both)
"""A copy of both arguments."""
SMALLER_ARGUMENT: Final = Cost(_smaller_argument, bound=_bound_smaller)
"""A comparison, which ends with the shorter side."""
EQUALITY: Final = Cost(_equality, bound=_bound_smaller)
"""A comparison; a library's own value costs 1."""
LIST_MEMBERSHIP: Final = Cost(lambda args, result: size_through_optional(args[1]), bound=_walk(1, 1))
"""A look at every element of the second argument."""
SUBSTRING_SEARCH: Final = Cost(_contained, bound=_search(STRING_FACTOR))
"""A search for the second argument in the first."""
REGEX_MATCH: Final = Cost(_matched, bound=_search(REGEX_FACTOR))
"""A match of the pattern in the second argument."""
REGEX_FIND: Final = Cost(_found, of_function=True, bound=_search(REGEX_FACTOR))
"""The same for Kubernetes' own functions."""
TRAVERSAL: Final = Cost(lambda args, result: traversal(args[0]), of_function=True, bound=_walk(0, 1))
"""A look at every part of the first argument."""
STRING: Final = _string_cost(1)
"""A walk over the string in the first argument."""
STRING_TWICE: Final = _string_cost(2)
"""A walk over the string in the first argument, and building the result."""
JOINED: Final = Cost(_joined, of_function=True)
"""Building the string that results."""
NOMINAL_FUNCTION: Final = Cost(lambda args, result: 1, 1, of_function=True)
"""One unit, whichever overload it is."""
SET_OPERATION: Final = _product(1)
"""Every element of one list against every element of the other."""
SET_EQUIVALENCE: Final = _product(2)
"""The same, both ways."""
LIST_OUTPUT: Final = Cost(_output_list)
"""Making a list of the result's size."""
LIST_FLATTEN: Final = Cost(_flattened)
"""Making a list of the first argument's size, once for each level."""
LIST_SELF_COMPARE: Final = _compared_with_itself(0)
"""Every element of the first argument against every other."""
LIST_KEYS_COMPARE: Final = _compared_with_itself(1)
"""Every element of the second argument, the sort keys, against every other."""

__all__ = [
    "BOTH_ARGUMENTS",
    "EQUALITY",
    "FIRST_ARGUMENT",
    "JOINED",
    "LIST_FLATTEN",
    "LIST_KEYS_COMPARE",
    "LIST_MEMBERSHIP",
    "LIST_OUTPUT",
    "LIST_SELF_COMPARE",
    "NOMINAL",
    "NOMINAL_FUNCTION",
    "REGEX_FIND",
    "REGEX_MATCH",
    "SET_EQUIVALENCE",
    "SET_OPERATION",
    "SMALLER_ARGUMENT",
    "STRING",
    "STRING_TWICE",
    "SUBSTRING_SEARCH",
    "TRAVERSAL",
    "constant_cost",
    "regex_units",
    "size",
    "size_through_optional",
    "traversal",
]
