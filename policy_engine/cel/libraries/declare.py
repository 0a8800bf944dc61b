"""How a library declares its functions: everything about an overload stands in one place.

A library module makes one `Library` and adds overloads with its decorators:

    LIBRARY = Library("kubernetes.quantity", since="1.28")

    @LIBRARY.member("isLessThan", "quantity_is_less_than", (QUANTITY, QUANTITY), BOOL, cost=NOMINAL)
    def _is_less_than(left: Quantity, right: Quantity) -> bool:
        return left.compare(right) < 0
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypeVar

from policy_engine.cel.sizes import Size
from policy_engine.cel.syntax.macro import Macro
from policy_engine.cel.types import Kind, Type
from policy_engine.records import record

# A CEL value: None, bool, int, UInt, float, str, bytes, list, dict (string keys), or a class of `cel.values`.
Value: TypeAlias = Any
Implementation = Callable[..., Value]
_F = TypeVar("_F", bound=Implementation)


class Version(NamedTuple):
    """A Kubernetes minor version."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Version:
        """Read `1.36`. Raises ValueError for anything else."""
        major, minor = text.removeprefix("v").split(".")[:2]
        return cls(int(major), int(minor))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


CostBounder = Callable[[Sequence[Size | None]], Size | None]


@record
class Cost:
    """What a call costs at run time, in Kubernetes' units.

    actual: (args, result) -> units. args are as evaluated; an argument or result may be an `EvaluationError`
        object (a failed call is charged too): its size is 1.
    constant: the units where they depend on nothing, else None. Compiled code needs no accounting then.
    bound: sizes of the arguments (None: not known) -> a bound of the units, or None. Where there is none, compiled
        code charges the call when it is made.
    of_function: charged for the function, whichever of its overloads it is. Where argument types leave several
        overloads possible, a call costs what the first candidate with this mark costs; without any, 1.
    """

    actual: Callable[[Sequence[Value], Value], int]
    constant: int | None = None
    of_function: bool = False
    bound: CostBounder | None = None


def constant_cost(units: int) -> Cost:
    """Charge the same for every call."""
    return Cost(lambda args, result: units, units)


NOMINAL = constant_cost(1)


@record(kw_only=True)
class Overload:
    """One signature of a function.

    id: cel-go's overload id. params: with the receiver first, where member is true.
    since, until: the Kubernetes versions that have it (until is exclusive; None: still there).
    implementation: takes native values whose run-time types match `params`; raises EvaluationError.
        None where the evaluator itself does the work (`_&&_`, `_?_:_`, ...).
    folds: evaluated when the program is made, if all its arguments are literals (cel-go's type conversions).
    is_generic: whether its types have type parameters.
    guarded: whether a call is refused unless the values' types match `params`. The implementation of an unguarded
        one is called with whatever comes and words its own refusal; any overload of its function serves.
    """

    id: str
    function: str
    params: tuple[Type, ...]
    result: Type
    member: bool
    since: Version
    until: Version | None = None
    cost: Cost = NOMINAL
    implementation: Implementation | None = None
    folds: bool = False
    guarded: bool = True
    is_generic: bool = field(init=False)

    def __post_init__(self) -> None:
        generic = any(map(_has_parameter, (*self.params, self.result)))
        object.__setattr__(self, "is_generic", generic)


def _has_parameter(type_: Type) -> bool:
    return type_.kind is Kind.TYPE_PARAM or any(map(_has_parameter, type_.params))


@dataclass(slots=True)
class Library:
    """A named set of overloads, macros and types; filled while its module is imported, constant afterwards.

    types: names of types that can be written in an expression (`type(x) == net.IP`).
    """

    name: str
    since: str = "1.0"
    until: str | None = None
    types: tuple[Type, ...] = ()
    macros: tuple[Macro, ...] = ()
    overloads: list[Overload] = field(default_factory=list)

    def add(
        self,
        function: str,
        id: str,
        params: tuple[Type, ...],
        result: Type,
        *,
        implementation: Implementation | None,
        cost: Cost = NOMINAL,
        member: bool = False,
        since: str | None = None,
        until: str | None = None,
        folds: bool = False,
        guarded: bool = True,
    ) -> None:
        """Declare one overload; since and until default to the library's."""
        last = until if until is not None else self.until
        self.overloads.append(
            Overload(
                id=id,
                function=function,
                params=params,
                result=result,
                member=member,
                since=Version.parse(since or self.since),
                until=Version.parse(last) if last else None,
                cost=cost,
                implementation=implementation,
                folds=folds,
                guarded=guarded,
            )
        )

    def function(
        self, function: str, id: str, params: tuple[Type, ...], result: Type, **options: Any
    ) -> Callable[[_F], _F]:
        """Declare the decorated callable as a global function `function(a, b)`."""

        def declare(implementation: _F) -> _F:
            self.add(function, id, params, result, implementation=implementation, **options)
            return implementation

        return declare

    def member(
        self, function: str, id: str, params: tuple[Type, ...], result: Type, **options: Any
    ) -> Callable[[_F], _F]:
        """Declare the decorated callable as a method `a.function(b)`; params start with the receiver."""
        return self.function(function, id, params, result, member=True, **options)
