"""How much an expression can cost at most, found without running it.

Compiled code keeps no account of its cost. What it may cost is bounded beforehand:

- Most nodes cost a constant.
- Some cost in proportion to the size of a value (`startsWith`, `==` of strings). Values that come out of the
  input are no larger than the input, so these are bounded by its size in bytes.
- A loop costs its rounds times what a round costs; the number of rounds is known when it starts, and compiled
  code charges the meter then. What is proportional to the size of the loop's variable adds up, over all
  rounds, to the size of the list: it is charged once, outside.
- Where none of this gives a bound (the size of a string that the expression itself builds in a loop), the
  call is marked and charged exactly, when it is made.

A size here is the length of a string, or the sum of the sizes of a list's or map's parts, at least 1; so the
size of the input is at most its length in bytes as JSON.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from policy_engine.cel.budget import CostBound
from policy_engine.cel.checker import CheckedExpression
from policy_engine.cel.interpreter.dispatch import call_cost
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

_INPUT = ""  # the symbol for the size of the input; loop variables have their own
_SCALARS = frozenset({Kind.BOOL, Kind.INT, Kind.UINT, Kind.DOUBLE, Kind.NULL, Kind.DURATION, Kind.TIMESTAMP})
_TRAVERSAL = 0.1  # cel-go common/cost.go, StringTraversalCostFactor
_REGEX = 0.25  # cel-go common/cost.go, RegexStringLengthCostFactor
_LIST_COST, _MAP_COST, _STRUCT_COST = 10, 30, 40  # cel-go common/cost.go


@dataclass(frozen=True, slots=True)
class Size:
    """An upper bound linear in the sizes of symbols: constant + sum of coefficient x symbol."""

    constant: float
    parts: Mapping[str, float] = field(default_factory=dict)

    def plus(self, other: Size) -> Size:
        """Add two bounds."""
        if not other.parts:
            return Size(self.constant + other.constant, self.parts)
        parts = dict(self.parts)
        for symbol, factor in other.parts.items():
            parts[symbol] = parts.get(symbol, 0) + factor
        return Size(self.constant + other.constant, parts)

    def joined(self, other: Size) -> Size:
        """Bound whichever of two is larger."""
        symbols = {*self.parts, *other.parts}
        parts = {symbol: max(self.parts.get(symbol, 0), other.parts.get(symbol, 0)) for symbol in symbols}
        return Size(max(self.constant, other.constant), parts)

    def times(self, factor: float) -> Size:
        """Multiply a bound by a number."""
        return Size(self.constant * factor, {symbol: f * factor for symbol, f in self.parts.items()})


_ONE = Size(1)

# Functions whose cost grows with a value: the argument that counts, and units for each of its parts.
# Source: apiserver pkg/cel/library/cost.go and cel-go interpreter/runtimecost.go.
_PROPORTIONAL: Mapping[str, tuple[int, float]] = {
    "startsWith": (0, _TRAVERSAL),
    "endsWith": (0, _TRAVERSAL),
    "bytes": (0, _TRAVERSAL),
    "string": (0, _TRAVERSAL),
    "strings.quote": (0, _TRAVERSAL),
    "format": (0, _TRAVERSAL),
    "@in": (1, 1),
    "isSorted": (0, 1),
    "sum": (0, 1),
    "max": (0, 1),
    "min": (0, 1),
    "indexOf": (0, 1),
    "lastIndexOf": (0, 1),
    "url": (0, _TRAVERSAL),
    "isURL": (0, _TRAVERSAL),
    "lowerAscii": (0, _TRAVERSAL),
    "upperAscii": (0, _TRAVERSAL),
    "substring": (0, _TRAVERSAL),
    "trim": (0, _TRAVERSAL),
    "replace": (0, 2 * _TRAVERSAL),
    "split": (0, 2 * _TRAVERSAL),
    "quantity": (0, _TRAVERSAL),
    "isQuantity": (0, _TRAVERSAL),
    "semver": (0, _TRAVERSAL),
    "isSemver": (0, _TRAVERSAL),
    "isIP": (0, _TRAVERSAL),
    "isCIDR": (0, _TRAVERSAL),
    "ip": (0, _TRAVERSAL),
    "cidr": (0, _TRAVERSAL),
    "ip.isCanonical": (0, 2 * _TRAVERSAL),
}
_BY_SMALLER = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"})
_STEPS = frozenset({"_[_]", "_[?_]", "_?._"})
_BY_PATTERN = frozenset({"matches", "find", "findAll"})
# Functions whose result is no larger than their first argument.
_SHRINKING = frozenset(
    {"lowerAscii", "upperAscii", "substring", "trim", "split", "find", "charAt", "filter", "slice", "distinct",
     "sort", "reverse", "first", "last", "value", "min", "max", "dyn", "_[_]", "_[?_]", "_?._"}
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
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
    total = analysis.cost
    return Bounds(
        total=CostBound(math.ceil(total.constant), total.parts.get(_INPUT, 0)),
        per_round=analysis.per_round,
        charged=frozenset(analysis.charged),
        size=None if size is None else CostBound(math.ceil(size.constant), size.parts.get(_INPUT, 0)),
    )


class _Analysis:
    def __init__(self, checked: CheckedExpression, sizes: Mapping[str, CostBound]) -> None:
        self.types = checked.types
        self.references = checked.references
        self.known = sizes
        self.cost = Size(0)
        self.per_round: dict[int, int] = {}
        self.charged: set[int] = set()
        self._loop_vars: dict[str, str | None] = {}
        self._summable = frozenset({_INPUT})  # the symbols whose costs may be summed up where we are

    def visit(self, node: Node) -> Size | None:
        """Add a node's cost, and give the size of its value; None where that has no bound."""
        match node:
            case Literal():
                return Size(len(node.value)) if isinstance(node.value, (str, bytes)) else _ONE
            case Ident():
                return self._ident(node)
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case Comprehension():
                return self._comprehension(node)
            case ListLiteral():
                self._add(_LIST_COST)
                return self._sum([self.visit(element) for element in node.elements])
            case MapLiteral():
                self._add(_MAP_COST)
                return self._sum([self.visit(part) for entry in node.entries for part in (entry.key, entry.value)])
            case StructLiteral():
                self._add(_STRUCT_COST)
                return self._sum([self.visit(init.value) for init in node.fields])

    def _ident(self, node: Ident) -> Size | None:
        self._add(1)
        if node.name in self._loop_vars:
            symbol = self._loop_vars[node.name]
            return None if symbol is None else Size(0, {symbol: 1})
        return Size(0, {_INPUT: 1})

    def _select(self, node: Select) -> Size | None:
        size = self.visit(node.operand)
        self._add(1 + self._path_start("_?._", (node.operand,)))
        if isinstance(node.operand, Ident) and node.operand.name == "variables":
            known = self.known.get(f"variables.{node.field}")
            size = None if known is None else Size(known.constant, {_INPUT: known.per_byte})
        return self._sized(node, size)

    def _call(self, node: Call) -> Size | None:
        operands = (node.target, *node.args) if node.target is not None else node.args
        sizes = [self.visit(operand) for operand in operands]
        units = self._units(node, operands, sizes)
        if units is None or not self._summable.issuperset(units.parts):
            self.charged.add(node.id)
        else:
            self.cost = self.cost.plus(units)
        return self._sized(node, self._result_size(node, sizes))

    def _units(self, node: Call, operands: tuple[Node, ...], sizes: list[Size | None]) -> Size | None:
        """Bound what the call itself costs."""
        function = node.function
        first = sizes[0] if sizes else _ONE
        reference = self.references.get(node.id)
        if reference is not None and len(reference.overloads) > 1:
            # Where several overloads are possible, only some functions cost more than one unit.
            constant = call_cost(reference.overloads).constant
            if constant is not None:
                return Size(constant + self._path_start(function, operands))
        if function in _BY_SMALLER:
            return self._smaller(sizes)
        if function in _STEPS:
            return Size(1 + self._path_start(function, operands))
        if function == "_+_" and self.types[node.id].kind is Kind.LIST:
            return _ONE
        if function == "_+_":
            both = self._sum(sizes)
            return None if both is None else both.times(_TRAVERSAL).plus(_ONE)
        if function in _PROPORTIONAL:
            index, factor = _PROPORTIONAL[function]
            counted = sizes[index] if index < len(sizes) else _ONE
            return None if counted is None else counted.times(factor).plus(_ONE)
        if function in _BY_PATTERN or function == "contains":
            other = operands[1] if len(operands) > 1 else None
            if first is None or not (isinstance(other, Literal) and isinstance(other.value, str)):
                return None
            factor = _REGEX if function in _BY_PATTERN else _TRAVERSAL
            return first.plus(_ONE).times(_TRAVERSAL).plus(_ONE).times(math.ceil(len(other.value) * factor))
        constant = 1 if reference is None else call_cost(reference.overloads).constant
        return None if constant is None else Size(constant)

    @staticmethod
    def _path_start(function: str, operands: tuple[Node, ...]) -> int:
        """Charge one more where a path starts at a computed value, as cel-go's relative attributes do."""
        if function not in _STEPS:
            return 0
        operand = operands[0]
        is_step = isinstance(operand, Call) and operand.function in _STEPS
        return 0 if is_step or isinstance(operand, (Ident, Select)) else 1

    def _smaller(self, sizes: list[Size | None]) -> Size | None:
        """Bound a comparison: it ends where the smaller of the two ends."""
        known = [size for size in sizes if size is not None]
        if not known:
            return None
        smallest = min(known, key=lambda size: (sum(size.parts.values()), size.constant))
        return smallest.times(_TRAVERSAL).plus(_ONE)

    def _result_size(self, node: Call, sizes: list[Size | None]) -> Size | None:
        function = node.function
        if function in _SHRINKING:
            return sizes[0] if sizes else None
        if function == "_+_":
            return self._sum(sizes)
        if function == "_?_:_":
            return None if sizes[1] is None or sizes[2] is None else sizes[1].joined(sizes[2])
        if function in ("or", "orValue", "optional.of", "optional.ofNonZeroValue"):
            return self._sum(sizes)
        if function == "string":
            # Numbers, times and the like print short; everything else is no longer than it was.
            return None if sizes[0] is None else sizes[0].plus(Size(64))
        if function == "join" and sizes[0] is not None:
            separator = sizes[1] if len(sizes) > 1 else Size(0)
            if separator is not None and not separator.parts:
                return sizes[0].times(1 + separator.constant)
        return None

    def _comprehension(self, node: Comprehension) -> Size | None:
        iter_size = self.visit(node.iter_range)
        init_size = self.visit(node.accu_init)
        outer_cost, outer_vars, outer_summable = self.cost, self._loop_vars, self._summable
        symbol = f"loop {node.id}"
        summable = iter_size is not None and outer_summable.issuperset(iter_size.parts)
        self._loop_vars = {**outer_vars, node.iter_var: symbol, node.accu_var: None}
        if node.iter_var2:
            self._loop_vars[node.iter_var2] = symbol
        self._summable = frozenset({symbol}) if summable else frozenset()
        self.cost = Size(0)
        self.visit(node.loop_condition)
        step_size = self.visit(node.loop_step)
        rounds_cost, self.cost, self._summable = self.cost, outer_cost, outer_summable
        self.per_round[node.id] = math.ceil(rounds_cost.constant)
        factor = rounds_cost.parts.get(symbol, 0)
        if factor and iter_size is not None:
            self.cost = self.cost.plus(iter_size.times(factor))
        self._loop_vars = {**outer_vars, node.accu_var: None}
        self.visit(node.result)
        self._loop_vars = outer_vars
        del init_size, step_size
        return self._sized(node, self._collected(node, iter_size, symbol))

    def _collected(self, node: Comprehension, iter_size: Size | None, symbol: str) -> Size | None:
        """Bound the size of a list built by `map` or `filter`: what each round adds, summed up."""
        added = _appended(node.loop_step)
        if added is None or iter_size is None:
            return None
        # Only the size is wanted here: the cost of these nodes has been counted.
        saved = self.cost, self._loop_vars, set(self.charged), dict(self.per_round), self._summable
        self._loop_vars = {
            **self._loop_vars,
            node.iter_var: symbol,
            node.iter_var2: symbol,
            node.accu_var: None,
        }
        each = self.visit(added)
        self.cost, self._loop_vars, self.charged, self.per_round, self._summable = saved
        if each is None or set(each.parts) - {symbol}:
            return None
        return iter_size.times(each.constant + each.parts.get(symbol, 0) + 1)

    def _sized(self, node: Node, size: Size | None) -> Size | None:
        """Give a node's size, which is 1 where its type says so."""
        type_ = self.types.get(node.id)
        return _ONE if type_ is not None and type_.kind in _SCALARS else size

    def _add(self, units: float) -> None:
        self.cost = self.cost.plus(Size(units))

    @staticmethod
    def _sum(sizes: list[Size | None]) -> Size | None:
        total = _ONE
        for size in sizes:
            if size is None:
                return None
            total = total.plus(size)
        return total


def _appended(step: Node) -> Node | None:
    """Give what a round of `map` or `filter` appends: `accu + [x]`, or `p ? accu + [x] : accu`."""
    if isinstance(step, Call) and step.function == "_?_:_":
        step = step.args[1]
    if isinstance(step, Call) and step.function == "_+_" and isinstance(step.args[1], ListLiteral):
        elements = step.args[1].elements
        return elements[0] if len(elements) == 1 else None
    return None
