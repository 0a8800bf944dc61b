"""The quantity library: `quantity('1.5Gi').isGreaterThan(quantity('500m'))`. Since Kubernetes 1.28.

Source: apiserver pkg/cel/library/quantity.go.
"""

from __future__ import annotations

from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import Library
from policy_engine.cel.libraries.quantity_text import parse_quantity
from policy_engine.cel.libraries.quantity_value import QUANTITY, Quantity, quantity_of_int
from policy_engine.cel.types import BOOL, DOUBLE, INT, STRING

LIBRARY: Final = Library("kubernetes.quantity", since="1.28")


LIBRARY.add(
    "quantity",
    "string_to_quantity",
    (STRING,),
    QUANTITY,
    implementation=parse_quantity,
    cost=costs.STRING,
)


@LIBRARY.function("isQuantity", "is_quantity_string", (STRING,), BOOL, cost=costs.STRING)
def _is_quantity(text: str) -> bool:
    try:
        parse_quantity(text)
    except EvaluationError:
        return False
    return True


@LIBRARY.function("sign", "quantity_sign", (QUANTITY,), INT, cost=costs.NOMINAL_FUNCTION)
def _sign(quantity: Quantity) -> int:
    return quantity.sign()


@LIBRARY.member(
    "isGreaterThan", "quantity_is_greater_than", (QUANTITY, QUANTITY), BOOL, cost=costs.NOMINAL_FUNCTION
)
def _is_greater_than(left: Quantity, right: Quantity) -> bool:
    return left.compare(right) > 0


@LIBRARY.member("isLessThan", "quantity_is_less_than", (QUANTITY, QUANTITY), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_less_than(left: Quantity, right: Quantity) -> bool:
    return left.compare(right) < 0


@LIBRARY.member("compareTo", "quantity_compare_to", (QUANTITY, QUANTITY), INT, cost=costs.NOMINAL_FUNCTION)
def _compare_to(left: Quantity, right: Quantity) -> int:
    return left.compare(right)


@LIBRARY.member("asApproximateFloat", "quantity_get_float", (QUANTITY,), DOUBLE, cost=costs.NOMINAL_FUNCTION)
def _as_approximate_float(quantity: Quantity) -> float:
    return quantity.to_float()


@LIBRARY.member("asInteger", "quantity_get_int", (QUANTITY,), INT, cost=costs.NOMINAL_FUNCTION)
def _as_integer(quantity: Quantity) -> int:
    value = quantity.to_int()
    if value is None:
        raise EvaluationError("cannot convert value to integer")
    return value


@LIBRARY.member("isInteger", "quantity_is_integer", (QUANTITY,), BOOL, cost=costs.NOMINAL_FUNCTION)
def _is_integer(quantity: Quantity) -> bool:
    return quantity.to_int() is not None


@LIBRARY.member("add", "quantity_add", (QUANTITY, QUANTITY), QUANTITY, cost=costs.NOMINAL_FUNCTION)
def _add(left: Quantity, right: Quantity) -> Quantity:
    return left.add(right)


@LIBRARY.member("add", "quantity_add_int", (QUANTITY, INT), QUANTITY, cost=costs.NOMINAL_FUNCTION)
def _add_int(left: Quantity, right: int) -> Quantity:
    return left.add(quantity_of_int(right))


@LIBRARY.member("sub", "quantity_sub", (QUANTITY, QUANTITY), QUANTITY, cost=costs.NOMINAL_FUNCTION)
def _subtract(left: Quantity, right: Quantity) -> Quantity:
    return left.subtract(right)


@LIBRARY.member("sub", "quantity_sub_int", (QUANTITY, INT), QUANTITY, cost=costs.NOMINAL_FUNCTION)
def _subtract_int(left: Quantity, right: int) -> Quantity:
    return left.subtract(quantity_of_int(right))
