"""The part of an object that made an expression false.

The expression is taken apart from the outside: the operand that is false, the element for which a condition does
not hold, the variable that decides. Parts of the object keep their identity on their way through variables and
filters, so that a value can be found again in the object. What is left is the fields that the deciding part reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from policy_engine.admission.expressions import Expression
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.blame.parts import Local, NoValue, PartEvaluation, Parts, Scope
from policy_engine.blame.paths import farthest, is_inside, one_path
from policy_engine.blame.selections import Selection, literal, selection
from policy_engine.cel.checker import CheckedExpression
from policy_engine.cel.libraries.declare import Value
from policy_engine.cel.syntax.loops import LoopKind, is_binding, recognise
from policy_engine.cel.syntax.tree import Call, Comprehension, Ident, Node
from policy_engine.cel.syntax.walk import children
from policy_engine.field_paths import FieldPath
from policy_engine.sources.values import JsonValue

_NO_SCOPE: Scope = {}
_MAX_DEPTH = 150  # of variables and loops within each other


class Culprits:
    """Finds the fields of one object that decisions about it are about.

    Places of the object's parts are worked out when the first decision asks.
    """

    def __init__(self, value: JsonValue, parts: Parts) -> None:
        self._value = value
        self._parts = parts
        self._places: dict[int, FieldPath] | None = None

    def find(self, policy: CompiledPolicy, expression: Expression, activation: Mapping[str, Value]) -> FieldPath:
        """Give the field that an expression is about; empty where that is the object as a whole.

        activation: what the expression was evaluated with, but for `variables`.
        """
        return one_path(self._search(policy, expression, activation, every=False))

    def find_every(
        self, policy: CompiledPolicy, expression: Expression, activation: Mapping[str, Value]
    ) -> list[FieldPath]:
        """Give all fields that an expression is about: every element for which a condition does not hold."""
        return farthest(self._search(policy, expression, activation, every=True))

    def _search(
        self, policy: CompiledPolicy, expression: Expression, activation: Mapping[str, Value], *, every: bool
    ) -> set[FieldPath]:
        if expression.program is None:
            return set()
        only = self._parts.only_field(expression.program.checked.root)
        if only is not None:
            return {only}
        if self._places is None:
            self._places = _places(self._value)
        evaluation = PartEvaluation(policy, activation, self._parts)
        search = _Search(policy, evaluation, self._value, self._places, every=every)
        return search.blame(_Part(expression.program.checked, expression.program.checked.root))


class _Part:
    """A node of an expression, with the variables of the loops around it."""

    __slots__ = ("checked", "depth", "node", "scope")

    def __init__(self, checked: CheckedExpression, node: Node, scope: Scope = _NO_SCOPE, depth: int = 0) -> None:
        self.checked = checked
        self.node = node
        self.scope = scope
        self.depth = depth

    def at(self, node: Node, more: Mapping[str, Local] = _NO_SCOPE) -> _Part:
        scope = {**self.scope, **more} if more else self.scope
        return _Part(self.checked, node, scope, self.depth + 1)


class _Search:
    """One search. Every method gives the paths that decide about a part, several where no one of them does.

    every: all operands and elements are looked for that decide, and not only the first.
    """

    def __init__(
        self,
        policy: CompiledPolicy,
        evaluation: PartEvaluation,
        value: JsonValue,
        places: Mapping[int, FieldPath],
        *,
        every: bool,
    ) -> None:
        self._every = every
        self._value_of_object = value
        self._variables = policy.variables
        self._evaluation = evaluation
        self._places = places
        self._of_variables: dict[str, set[FieldPath]] = {}

    def blame(self, part: _Part) -> set[FieldPath]:
        """Find what made a part have its value."""
        node = part.node
        if part.depth > _MAX_DEPTH:
            return set()
        if isinstance(node, Call):
            if node.function == "_&&_" or node.function == "_||_":
                return self._blame_logic(part, node)
            if node.function == "!_":
                return self.blame(part.at(node.args[0]))
            if node.function == "_?_:_":
                condition = self._value(part.at(node.args[0]))
                taken = node.args[1] if condition is True else node.args[2]
                return self.blame(part.at(taken)) or self.blame(part.at(node.args[0]))
        if isinstance(node, Comprehension):
            return self._blame_loop(part, node)
        return self._reads(part)

    def _blame_logic(self, part: _Part, node: Call) -> set[FieldPath]:
        """Blame the first operand that decides.

        Where all of `a || b` are false, the object has broken one rule and is no exception to it: what is there
        to be seen in the object is the breach, and what is missing the exception.
        """
        decides = node.function == "_||_"
        every: set[FieldPath] | None = None
        for operand in node.args:
            value = self._value(part.at(operand))
            if value is decides or (value is None and not decides):
                found = self.blame(part.at(operand))
                if not self._every:
                    return found
                every = found if every is None else every | found
        if every is not None:
            return every
        if not decides:
            return self._reads_below(part, node)
        of_each = [self.blame(part.at(operand)) for operand in reversed(node.args)]
        return set[FieldPath]().union(*of_each) if self._every else max(of_each, key=self._depth)

    def _blame_loop(self, part: _Part, node: Comprehension) -> set[FieldPath]:
        """Blame the first element that decides a loop: where it is, or what in it decides."""
        loop = recognise(node)
        if loop is None:
            return self._blame_binding(part, node) if is_binding(node) else self._reads_below(part, node)
        breaks_all = loop.kind is LoopKind.ALL
        every: set[FieldPath] = set()
        for locals_ in self._elements(part, node):
            inner = part.at(loop.condition, locals_)
            if (self._value(inner) is True) is breaks_all:
                continue
            found = self.blame(inner)
            path = locals_[node.iter_var2 or node.iter_var].path
            if path is None:
                found = found or self._reads(part.at(node.iter_range))
            else:
                found = {deeper for deeper in found if is_inside(deeper, path)} or {path}
            if not self._every:
                return found
            every |= found
        return every or self._reads(part.at(node.iter_range))

    def _blame_binding(self, part: _Part, node: Comprehension) -> set[FieldPath]:
        """Blame what is made of a value that has got a name."""
        start = part.at(node.accu_init)
        value = self._value(start)
        local = Local(value, self._places.get(id(value)))
        return self.blame(part.at(node.result, {node.accu_var: local})) or self._reads(start)

    def _elements(self, part: _Part, node: Comprehension) -> Iterator[Mapping[str, Local]]:
        """Give the variables of a loop for every element, and where each element is in the object."""
        values = self._value(part.at(node.iter_range))
        place = self._places.get(id(values))
        if isinstance(values, dict):
            for key, value in values.items():
                path = None if place is None else (*place, key)
                names = {node.iter_var: Local(key, path)}
                if node.iter_var2:
                    names[node.iter_var2] = Local(value, path)
                yield names
        elif isinstance(values, list):
            for index, value in enumerate(values):
                path = (*place, index) if place is not None else self._places.get(id(value))
                if node.iter_var2:
                    yield {node.iter_var: Local(index, None), node.iter_var2: Local(value, path)}
                else:
                    yield {node.iter_var: Local(value, path)}

    def _reads(self, part: _Part) -> set[FieldPath]:
        """Collect the fields that a part reads."""
        chain = selection(part.node, lambda index: self._constant(part, index))
        found: set[FieldPath] = set()
        for index in chain.indices:
            found |= self._reads(part.at(index))
        if chain.base is part.node and not isinstance(part.node, Ident):
            if isinstance(part.node, Comprehension) or _is_conditional(part.node):
                return self.blame(part)
            return found | self._reads_below(part, part.node)
        if not isinstance(chain.base, Ident):
            return found | self._reads(part.at(chain.base))
        local = part.scope.get(chain.base.name)
        if local is not None:
            return found | ({(*local.path, *chain.path)} if local.path is not None else set())
        if chain.base.name == "object":
            return found | {chain.path}
        if chain.base.name == "variables" and chain.path:
            return found | self._reads_variable(chain, part.depth)
        return found

    def _reads_below(self, part: _Part, node: Node) -> set[FieldPath]:
        if isinstance(node, Comprehension):  # its variables hide those of the same name outside
            hidden = (node.iter_var, node.iter_var2, node.accu_var)
            scope = {name: local for name, local in part.scope.items() if name not in hidden}
            part = _Part(part.checked, node, scope, part.depth)
        if part.depth > _MAX_DEPTH:
            return set()
        return {path for child in children(node) for path in self._reads(part.at(child))}

    def _reads_variable(self, chain: Selection, depth: int) -> set[FieldPath]:
        """Find a variable's value in the object; one that was computed stands for what decided about it."""
        name = str(chain.path[0])
        expression = self._variables.get(name)
        if expression is None or expression.program is None:
            return set()
        try:
            place = self._places.get(id(self._evaluation.variable(name)))
        except NoValue:
            place = None
        if place is not None:
            return {(*place, *chain.path[1:])}
        found = self._of_variables.get(name)
        if found is None:
            self._of_variables[name] = set()  # until it is known: a variable cannot explain itself
            checked = expression.program.checked
            found = self._of_variables[name] = self.blame(_Part(checked, checked.root, _NO_SCOPE, depth + 1))
        return found

    def _depth(self, paths: set[FieldPath]) -> int:
        """Tell how far into the object a path leads before it ends or something is missing."""
        value, depth = self._value_of_object, 0
        for segment in one_path(paths):
            if isinstance(value, dict) and segment in value:
                value = value[str(segment)]
            elif isinstance(value, list) and isinstance(segment, int) and segment < len(value):
                value = value[segment]
            else:
                break
            depth += 1
        return depth

    def _constant(self, part: _Part, node: Node) -> str | int | None:
        """Give the value of an index: a constant, or a loop's variable."""
        if isinstance(node, Ident) and node.name in part.scope:
            value = part.scope[node.name].value
            return value if value.__class__ is str or value.__class__ is int else None
        return literal(node)

    def _value(self, part: _Part) -> Value:
        """Evaluate a part; None where it has no value."""
        try:
            return self._evaluation.value(part.checked, part.node, part.scope)
        except NoValue:
            return None


def _is_conditional(node: Node) -> bool:
    return isinstance(node, Call) and node.function == "_?_:_"


def _places(value: JsonValue) -> dict[int, FieldPath]:
    """Find all mappings and lists of a value by identity; of parts that aliases share, the first place counts."""
    places: dict[int, FieldPath] = {}
    waiting: list[tuple[JsonValue, FieldPath]] = [(value, ())]
    while waiting:
        part, path = waiting.pop()
        if part.__class__ is dict or part.__class__ is list:
            if id(part) in places:
                continue
            places[id(part)] = path
            assert isinstance(part, dict | list)
            members = part.items() if isinstance(part, dict) else enumerate(part)
            waiting += [(member, (*path, key)) for key, member in reversed([*members])]
    return places
