"""Optional values: `a.?b`, `a[?k]`, `optional.of(x)` and what can be done with them.

cel-go's newer versions of the library came into Kubernetes with newer releases of cel-go.
Source: cel-go cel/library.go, `optionalLib`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policy_engine.cel.errors import EvaluationError
from policy_engine.cel.libraries.declare import Library, Value
from policy_engine.cel.syntax.macro import Macro, MacroError, NodeFactory
from policy_engine.cel.syntax.tree import Ident, Node
from policy_engine.cel.types import (
    BOOL,
    DYN,
    INT,
    STRING,
    list_of,
    map_of,
    opaque,
    optional_of,
    type_param,
)
from policy_engine.cel.values.containers import is_zero
from policy_engine.cel.values.display import go_text
from policy_engine.cel.values.optional import ABSENT, NONE, Optional

_K: Final = type_param("K")
_V: Final = type_param("V")
_LIST: Final = list_of(_V)
_MAP: Final = map_of(_K, _V)
_OPTIONAL: Final = optional_of(_V)
_UNUSED: Final = "#unused"


def _expand_opt_map(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    """Expand to `target.hasValue() ? optional.of(computation) : optional.none()`."""
    return _expand(make, "optMap", target, args)


def _expand_opt_flat_map(make: NodeFactory, target: Node | None, args: Sequence[Node]) -> Node:
    """Expand to `target.hasValue() ? computation : optional.none()`."""
    return _expand(make, "optFlatMap", target, args)


def _expand(make: NodeFactory, function: str, target: Node | None, args: Sequence[Node]) -> Node:
    variable, computation = args
    if not isinstance(variable, Ident):
        raise MacroError(f"{function}() variable name must be a simple identifier", variable)
    assert target is not None, "a method's macro has a target"
    # INVARIANT: nodes are made in cel-go's order, which decides their ids.
    condition = make.member_call("hasValue", target)
    # A fold over nothing, which binds its accumulator to the value and evaluates only its result.
    computed = make.comprehension(
        iter_range=make.list_literal(),
        iter_var=_UNUSED,
        accu_var=variable.name,
        accu_init=make.member_call("value", make.copy(target)),
        loop_condition=make.literal(False),
        loop_step=make.ident(variable.name),
        result=computation,
    )
    if function == "optMap":
        computed = make.call("optional.of", computed)
    return make.call("_?_:_", condition, computed, make.call("optional.none"))


LIBRARY: Final = Library(
    "cel.lib.optional",
    since="1.28",
    types=(opaque("optional_type"),),
    macros=(Macro("optMap", True, 2, _expand_opt_map),),
)
FLAT_MAP: Final = Library(
    "cel.lib.optional.v1", since="1.29", macros=(Macro("optFlatMap", True, 2, _expand_opt_flat_map),)
)


@LIBRARY.function("optional.of", "optional_of", (_V,), _OPTIONAL)
def _of(value: Value) -> Optional:
    return Optional(value)


@LIBRARY.function("optional.ofNonZeroValue", "optional_ofNonZeroValue", (_V,), _OPTIONAL)
def _of_non_zero_value(value: Value) -> Optional:
    return NONE if is_zero(value) else Optional(value)


@LIBRARY.function("optional.none", "optional_none", (), _OPTIONAL)
def _none() -> Optional:
    return NONE


@LIBRARY.member("value", "optional_value", (_OPTIONAL,), _V)
def _value(optional: Optional) -> Value:
    if optional.value is ABSENT:
        raise EvaluationError("optional.none() dereference")
    return optional.value


@LIBRARY.member("hasValue", "optional_hasValue", (_OPTIONAL,), BOOL)
def _has_value(optional: Optional) -> bool:
    return optional.value is not ABSENT


# The evaluators do these themselves: the second operand is evaluated only where it is wanted.
LIBRARY.add("or", "optional_or_optional", (_OPTIONAL, _OPTIONAL), _OPTIONAL, implementation=None, member=True)
LIBRARY.add("orValue", "optional_orValue_value", (_OPTIONAL, _V), _V, implementation=None, member=True)
LIBRARY.add("_?._", "select_optional_field", (DYN, STRING), _OPTIONAL, implementation=None)
for _function, _id, _container, _key in (
    ("_[?_]", "list_optindex_optional_int", _LIST, INT),
    ("_[?_]", "optional_list_optindex_optional_int", optional_of(_LIST), INT),
    ("_[?_]", "map_optindex_optional_value", _MAP, _K),
    ("_[?_]", "optional_map_optindex_optional_value", optional_of(_MAP), _K),
    ("_[_]", "optional_list_index_int", optional_of(_LIST), INT),
    ("_[_]", "optional_map_index_value", optional_of(_MAP), _K),
):
    LIBRARY.add(_function, _id, (_container, _key), _OPTIONAL, implementation=None)


@LIBRARY.member("last", "list_last", (_LIST,), _OPTIONAL, since="1.33")
def _last(values: list[Value]) -> Optional:
    return Optional(values[-1]) if values else NONE


@LIBRARY.member("first", "list_first", (_LIST,), _OPTIONAL, since="1.33")
def _first(values: list[Value]) -> Optional:
    return Optional(values[0]) if values else NONE


@LIBRARY.member("unwrapOpt", "optional_unwrapOpt", (list_of(_OPTIONAL),), _LIST, since="1.33")
@LIBRARY.function("optional.unwrap", "optional_unwrap", (list_of(_OPTIONAL),), _LIST, since="1.33")
def _unwrap(values: list[Value]) -> list[Value]:
    present = []
    for value in values:
        if value.__class__ is not Optional:
            raise EvaluationError(f"value {go_text(value)} is not optional")
        if value.value is not ABSENT:
            present.append(value.value)
    return present
