"""How much an expression can cost at most, found without running it.

Compiled code keeps no account of its cost. What it may cost is bounded beforehand:

- Most nodes cost a constant.
- Some cost in proportion to the size of a value (`startsWith`, `==` of strings): their library says how. Values
  that come out of the input are no larger than the input, so these are bounded by its size in bytes.
- A loop costs its rounds times what a round costs; the number of rounds is known when it starts, and compiled
  code charges the meter then. What is proportional to the size of the loop's variable adds up, over all
  rounds, to the size of the list: it is charged once, outside.
- Where none of this gives a bound (the size of a string that the expression itself builds in a loop), the
  call is marked and charged exactly, when it is made.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from policy_engine.cel.budget import CostBound
from policy_engine.cel.checker import CheckedExpression
from policy_engine.cel.interpreter.dispatch import call_cost
from policy_engine.cel.interpreter.tracker import LIST_COST, MAP_COST, SELECT_COST, STRUCT_COST
from policy_engine.cel.sizes import INPUT, ONE, Size, total
from policy_engine.cel.syntax.loops import appended, is_binding
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)
from policy_engine.cel.types import Kind
from policy_engine.records import record

_SCALARS = frozenset({Kind.BOOL, Kind.INT, Kind.UINT, Kind.DOUBLE, Kind.NULL, Kind.DURATION, Kind.TIMESTAMP})
_STEPS = frozenset({"_[_]", "_[?_]", "_?._"})
_LONGEST_SCALAR = 64  # numbers, times and the like are printed shorter than this


@record(kw_only=True)
class Bounds:
    """What bounds an expression's cost.

    total: everything but loop rounds and the calls in `charged`. per_round: comprehension id -> units a round.
    charged: ids of the calls that have to be charged exactly when they are made.
    size: of the result; None where it is not known.
    """

    total: CostBound
    per_round: Mapping[int, int]
    charged: frozenset[int]
    size: CostBound | None


def bound_cost(checked: CheckedExpression, sizes: Mapping[str, CostBound]) -> Bounds:
    """Bound an expression. sizes: names whose size is known otherwise (`variables.x`)."""
    analysis = _Analysis(checked, sizes)
    size = analysis.visit(checked.root)
    return Bounds(
        total=_as_bound(analysis.cost),
        per_round=analysis.per_round,
        charged=frozenset(analysis.charged),
        size=None if size is None else _as_bound(size),
    )


def _as_bound(size: Size) -> CostBound:
    return CostBound(math.ceil(size.constant), size.parts.get(INPUT, 0))


class _Analysis:
    def __init__(self, checked: CheckedExpression, sizes: Mapping[str, CostBound]) -> None:
        self.types = checked.types
        self.references = checked.references
        self.known = sizes
        self.cost = Size(0)
        self.per_round: dict[int, int] = {}
        self.charged: set[int] = set()
        self._sizes: dict[int, Size | None] = {}
        self._locals: dict[str, Size | None] = {}
        self._summable = frozenset({INPUT})  # the symbols whose costs may be summed up where we are

    def visit(self, node: Node) -> Size | None:
        """Add a node's cost, and give the size of its value; None where that has no bound."""
        size = self._measure(node)
        type_ = self.types.get(node.id)
        if type_ is not None and type_.kind in _SCALARS:
            size = ONE
        self._sizes[node.id] = size
        return size

    def _measure(self, node: Node) -> Size | None:
        match node:
            case Literal():
                return Size(max(1, len(node.value))) if isinstance(node.value, (str, bytes)) else ONE
            case Ident():
                self._add(SELECT_COST)
                return self._locals[node.name] if node.name in self._locals else Size(0, {INPUT: 1})
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case Comprehension():
                return self._comprehension(node)
            case ListLiteral():
                self._add(LIST_COST)
                return total([self.visit(element) for element in node.elements])
            case MapLiteral():
                self._add(MAP_COST)
                return total([self.visit(part) for entry in node.entries for part in (entry.key, entry.value)])
            case StructLiteral():
                self._add(STRUCT_COST)
                return total([self.visit(init.value) for init in node.fields])

    def _select(self, node: Select) -> Size | None:
        size = self.visit(node.operand)
        self._add(SELECT_COST + _path_start(node.operand))
        if isinstance(node.operand, Ident) and node.operand.name == "variables":
            known = self.known.get(f"variables.{node.field}")
            return None if known is None else Size(known.constant, {INPUT: known.per_byte})
        return size

    def _call(self, node: Call) -> Size | None:
        operands = (node.target, *node.args) if node.target is not None else node.args
        sizes = [self.visit(operand) for operand in operands]
        units = self._units(node, operands, sizes)
        if units is None or not self._summable.issuperset(units.parts):
            self.charged.add(node.id)
        else:
            self.cost = self.cost.plus(units)
        measure = _RESULTS.get(node.function)
        return None if measure is None else measure(sizes)

    def _units(self, node: Call, operands: tuple[Node, ...], sizes: Sequence[Size | None]) -> Size | None:
        """Bound what the call itself costs."""
        if node.function in _STEPS:
            return Size(SELECT_COST + _path_start(operands[0]))
        if node.function == "_+_" and self.types[node.id].kind is Kind.LIST:
            return ONE  # the accumulator of a loop is no string, whatever the overloads say
        reference = self.references.get(node.id)
        if reference is None or not reference.overloads:
            return ONE
        cost = call_cost(reference.overloads)
        if cost.constant is not None:
            return Size(cost.constant)
        return None if cost.bound is None else cost.bound(sizes)

    def _comprehension(self, node: Comprehension) -> Size | None:
        iter_size = self.visit(node.iter_range)
        accu_size = self.visit(node.accu_init)
        outer_cost, outer_locals, outer_summable = self.cost, self._locals, self._summable
        symbol = f"loop {node.id}"
        summable = iter_size is not None and outer_summable.issuperset(iter_size.parts)
        # What a loop accumulates has no bound; a binding is no loop.
        accumulated = {node.accu_var: accu_size if is_binding(node) else None}
        element = Size(0, {symbol: 1})
        self._locals = {**outer_locals, node.iter_var: element, node.iter_var2: element, **accumulated}
        self._summable = frozenset({symbol}) if summable else frozenset()
        self.cost = Size(0)
        self.visit(node.loop_condition)
        self.visit(node.loop_step)
        round_cost, self.cost, self._summable = self.cost, outer_cost, outer_summable
        self.per_round[node.id] = math.ceil(round_cost.constant)
        factor = round_cost.parts.get(symbol, 0)
        if factor and iter_size is not None:
            self.cost = self.cost.plus(iter_size.times(factor))
        self._locals = {**outer_locals, **accumulated}
        result_size = self.visit(node.result)
        self._locals = outer_locals
        return result_size if is_binding(node) else self._collected(node, iter_size, symbol)

    def _collected(self, node: Comprehension, iter_size: Size | None, symbol: str) -> Size | None:
        """Bound the size of a list built by `map` or `filter`: what each round adds, summed up."""
        added = appended(node)
        each = None if added is None else self._sizes[added.id]
        if each is None or iter_size is None or not {symbol}.issuperset(each.parts):
            return None
        return iter_size.times(each.constant + each.parts.get(symbol, 0) + 1)

    def _add(self, units: float) -> None:
        self.cost = self.cost.plus(Size(units))


def _path_start(operand: Node) -> int:
    """Charge one more where a path starts at a computed value, as cel-go's relative attributes do."""
    is_step = isinstance(operand, Call) and operand.function in _STEPS
    return 0 if is_step or isinstance(operand, (Ident, Select)) else SELECT_COST


# How large the result of a function is, by the sizes of its arguments; of the others nothing is known.
_Results = Callable[[Sequence[Size | None]], Size | None]


def _first(sizes: Sequence[Size | None]) -> Size | None:
    return sizes[0] if sizes else None


def _either_branch(sizes: Sequence[Size | None]) -> Size | None:
    _, then, otherwise = sizes
    return None if then is None or otherwise is None else then.joined(otherwise)


def _printed(sizes: Sequence[Size | None]) -> Size | None:
    return None if sizes[0] is None else sizes[0].plus(Size(_LONGEST_SCALAR))


def _parted(sizes: Sequence[Size | None]) -> Size | None:
    """Bound `split`: even a text of separators only gives one part more than it has characters."""
    return None if sizes[0] is None else sizes[0].times(2).plus(ONE)


def _joined(sizes: Sequence[Size | None]) -> Size | None:
    parts, separator = sizes[0], sizes[1] if len(sizes) > 1 else Size(0)
    if parts is None or separator is None or separator.parts:
        return None
    return parts.times(1 + separator.constant)


_NO_LARGER = (
    *("_[_]", "_[?_]", "_?._", "dyn", "value", "first", "last", "min", "max"),
    *("charAt", "find", "lowerAscii", "upperAscii", "substring", "trim"),
    *("distinct", "reverse", "slice", "sort"),
)
_RESULTS: Mapping[str, _Results] = {
    **dict.fromkeys(_NO_LARGER, _first),
    "_+_": total,
    "_?_:_": _either_branch,
    "or": total,
    "orValue": total,
    "optional.of": total,
    "optional.ofNonZeroValue": total,
    "string": _printed,
    "split": _parted,
    "join": _joined,
}
