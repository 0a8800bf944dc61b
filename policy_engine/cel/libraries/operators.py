"""The operators: arithmetic, comparison, equality, logic, indexing and membership."""

from __future__ import annotations

from policy_engine.cel.errors import NoSuchOverload
from policy_engine.cel.libraries import costs
from policy_engine.cel.libraries.declare import NOMINAL, Cost, Implementation, Library, Value
from policy_engine.cel.types import (
    BOOL,
    BYTES,
    DOUBLE,
    DURATION,
    INT,
    STRING,
    TIMESTAMP,
    UINT,
    A,
    B,
    Type,
    list_of,
    map_of,
)
from policy_engine.cel.values import arithmetic, ordering
from policy_engine.cel.values.containers import contains, size
from policy_engine.cel.values.equality import equal

_LIST_A = list_of(A)
_MAP_AB = map_of(A, B)

# The names of the types in cel-go's overload ids.
_NAMES = {
    BOOL: "bool",
    BYTES: "bytes",
    DOUBLE: "double",
    DURATION: "duration",
    INT: "int64",
    STRING: "string",
    TIMESTAMP: "timestamp",
    UINT: "uint64",
}
# In cel-go's order: the first overload that fits is taken.
_ORDERED = (
    (BOOL, BOOL),
    (INT, INT),
    (INT, DOUBLE),
    (INT, UINT),
    (UINT, UINT),
    (UINT, DOUBLE),
    (UINT, INT),
    (DOUBLE, DOUBLE),
    (DOUBLE, INT),
    (DOUBLE, UINT),
    (STRING, STRING),
    (BYTES, BYTES),
    (TIMESTAMP, TIMESTAMP),
    (DURATION, DURATION),
)


def declare(library: Library) -> None:
    """Add the operators to the standard library.

    Source: cel-go common/stdlib/standard.go.
    """
    _declare_logic(library)
    _declare_equality(library)
    _declare_arithmetic(library)
    _declare_ordering(library)
    _declare_containers(library)


def _not(value: Value) -> bool:
    if value.__class__ is bool:
        return not value
    raise NoSuchOverload("no such overload")


def _unequal(left: Value, right: Value) -> bool:
    try:
        return not equal(left, right)
    except NoSuchOverload:
        return True  # cel-go asks whether the comparison came out true


def _declare_logic(library: Library) -> None:
    # The evaluators do these themselves: they leave arguments unevaluated or absorb errors.
    library.add("_?_:_", "conditional", (BOOL, A, A), A, implementation=None)
    library.add("_&&_", "logical_and", (BOOL, BOOL), BOOL, implementation=None)
    library.add("_||_", "logical_or", (BOOL, BOOL), BOOL, implementation=None)
    library.add("!_", "logical_not", (BOOL,), BOOL, implementation=_not, guarded=False)
    library.add("@not_strictly_false", "not_strictly_false", (BOOL,), BOOL, implementation=None)


def _declare_equality(library: Library) -> None:
    library.add("_==_", "equals", (A, A), BOOL, implementation=equal, cost=costs.EQUALITY, guarded=False)
    library.add(
        "_!=_",
        "not_equals",
        (A, A),
        BOOL,
        implementation=_unequal,
        cost=costs.SMALLER_ARGUMENT,
        guarded=False,
    )


def _declare_arithmetic(library: Library) -> None:
    def operator(
        function: str,
        name: str,
        implementation: Implementation,
        *signatures: tuple[tuple[Type, ...], Type],
        copies: tuple[Type, ...] = (),
    ) -> None:
        for params, result in signatures:
            names = [_NAMES[param] for param in params]
            # Operands of one simple type are named once: add_int64, but add_duration_duration.
            suffix = names[0] if len(set(names)) == 1 and names[0] != "duration" else "_".join(names)
            suffix = "timestamp_timestamp" if params == (TIMESTAMP, TIMESTAMP) else suffix
            cost = costs.BOTH_ARGUMENTS if params[0] in copies else NOMINAL
            library.add(
                function,
                f"{name}_{suffix}",
                params,
                result,
                implementation=implementation,
                cost=cost,
                guarded=False,
            )

    def same(*types: Type) -> list[tuple[tuple[Type, ...], Type]]:
        return [((type_, type_), type_) for type_ in types]

    operator(
        "_+_",
        "add",
        arithmetic.add,
        *same(BYTES, DOUBLE, DURATION),
        ((DURATION, TIMESTAMP), TIMESTAMP),
        ((TIMESTAMP, DURATION), TIMESTAMP),
        *same(INT),
        copies=(BYTES,),
    )
    library.add("_+_", "add_list", (_LIST_A, _LIST_A), _LIST_A, implementation=arithmetic.add, guarded=False)
    operator("_+_", "add", arithmetic.add, *same(STRING, UINT), copies=(STRING,))
    operator("_/_", "divide", arithmetic.divide, *same(DOUBLE, INT, UINT))
    operator("_%_", "modulo", arithmetic.modulo, *same(INT, UINT))
    operator("_*_", "multiply", arithmetic.multiply, *same(DOUBLE, INT, UINT))
    operator(
        "_-_",
        "subtract",
        arithmetic.subtract,
        *same(DOUBLE, DURATION, INT),
        ((TIMESTAMP, DURATION), TIMESTAMP),
        ((TIMESTAMP, TIMESTAMP), DURATION),
        *same(UINT),
    )
    for type_ in (DOUBLE, INT):
        library.add(
            "-_",
            f"negate_{_NAMES[type_]}",
            (type_,),
            type_,
            implementation=arithmetic.negate,
            guarded=False,
        )


def _declare_ordering(library: Library) -> None:
    comparisons: tuple[tuple[str, str, Implementation], ...] = (
        ("_<_", "less", ordering.less),
        ("_<=_", "less_equals", ordering.less_or_equal),
        ("_>_", "greater", ordering.greater),
        ("_>=_", "greater_equals", ordering.greater_or_equal),
    )
    for function, name, implementation in comparisons:
        for left, right in _ORDERED:
            mixed = left is not right
            cost: Cost = costs.SMALLER_ARGUMENT if left is STRING or left is BYTES else NOMINAL
            library.add(
                function,
                f"{name}_{_NAMES[left]}_{_NAMES[right]}" if mixed else f"{name}_{_NAMES[left]}",
                (left, right),
                BOOL,
                implementation=implementation,
                cost=cost,
                guarded=False,
                since="1.28" if mixed else None,
            )


def _declare_containers(library: Library) -> None:
    library.add("_[_]", "index_list", (_LIST_A, INT), A, implementation=None)
    library.add("_[_]", "index_map", (_MAP_AB, A), B, implementation=None)
    library.add(
        "@in",
        "in_list",
        (A, _LIST_A),
        BOOL,
        implementation=contains,
        cost=costs.LIST_MEMBERSHIP,
        guarded=False,
    )
    library.add("@in", "in_map", (A, _MAP_AB), BOOL, implementation=contains, guarded=False)
    for id, method_id, type_ in (
        ("size_bytes", "bytes_size", BYTES),
        ("size_list", "list_size", _LIST_A),
        ("size_map", "map_size", _MAP_AB),
        ("size_string", "string_size", STRING),
    ):
        library.add("size", id, (type_,), INT, implementation=size, guarded=False)
        library.add("size", method_id, (type_,), INT, implementation=size, guarded=False, member=True)
