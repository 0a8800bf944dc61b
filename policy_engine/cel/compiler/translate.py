"""From a checked expression to a Python function over plain values.

Each method gives the Python expression of one kind of node; statements that have to come first (loops) are
emitted on the way. Evaluation order does not matter beyond laziness: expressions have no effects, and an
exception anywhere hands the whole expression to the interpreter.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from policy_engine.cel.checker import CheckedExpression
from policy_engine.cel.compiler import calls, code, loops, optionals
from policy_engine.cel.compiler.bounds import Bounds
from policy_engine.cel.compiler.code import Fragment
from policy_engine.cel.compiler.function import Compiled, FunctionBuilder, Unsupported
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
from policy_engine.cel.types import is_dyn, is_optional
from policy_engine.cel.values import type_value

_MAX_NESTING = 30
_WRITABLE = (bool, int, float, str, bytes, type(None))


def translate(checked: CheckedExpression, bounds: Bounds) -> Compiled:
    """Compile an expression to `evaluate(variables, meter)`. Raises Unsupported."""
    translator = Translator(checked, bounds)
    try:
        return translator.builder.build(translator.visit(checked.root))
    except (RecursionError, MemoryError, SyntaxError) as error:
        # The limits of Python's own compiler; the interpreter has none of them.
        raise Unsupported from error


class Translator:
    """Holds what the translation of one expression shares."""

    def __init__(self, checked: CheckedExpression, bounds: Bounds) -> None:
        self.checked = checked
        self.bounds = bounds
        self.builder = FunctionBuilder()
        self._scope: dict[str, Fragment] = {}
        self._depth = 0

    def visit(self, node: Node) -> Fragment:
        """Translate a node."""
        self._depth += 1
        fragment = self._translate(node)
        self._depth -= 1
        # Python's compiler refuses deeply nested expressions: cut them into statements.
        return self.builder.store(fragment) if self._depth % _MAX_NESTING == _MAX_NESTING - 1 else fragment

    def _translate(self, node: Node) -> Fragment:
        match node:
            case Literal():
                return self._literal(node)
            case Ident():
                return self._ident(node)
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case Comprehension():
                return loops.translate_comprehension(self, node)
            case ListLiteral():
                return self._list(node)
            case MapLiteral():
                return self._map(node)
            case StructLiteral():
                raise Unsupported

    def condition(self, node: Node) -> ast.expr:
        """Translate a node that has to be a bool; any other value gives up."""
        fragment = self.visit(node)
        if fragment.python_class is bool:
            return fragment.expr
        if fragment.python_class is not None:
            raise Unsupported
        first, again = self.builder.reused(fragment)
        return code.either(
            code.compare(first, ast.Is(), code.constant(True)),
            code.both(code.compare(again, ast.IsNot(), code.constant(False)), code.call("give_up")),
        )

    def subject(self, node: Node) -> Fragment:
        """Translate a node that is about to be selected from. Python warns of selecting from a display."""
        fragment = self.visit(node)
        if isinstance(fragment.expr, (ast.Constant, ast.List, ast.Dict)):
            local = self.builder.local()
            self.builder.emit(code.assign(local, fragment.expr))
            return Fragment(code.name(local), fragment.python_class)
        return fragment

    def is_optional(self, node: Node) -> bool:
        """Tell whether a node's value is certainly an optional, by its type or by what makes it.

        `x[?k]` with nothing known of x has the type dyn, and is an optional all the same.
        """
        if isinstance(node, Call) and node.function in optionals.MAKERS:
            return True
        return is_optional(self.checked.types[node.id])

    def bind(self, names: Mapping[str, Fragment]) -> dict[str, Fragment]:
        """Bring names into scope; give the scope to restore."""
        outer = self._scope
        self._scope = {**outer, **names}
        return outer

    def restore(self, scope: dict[str, Fragment]) -> None:
        """Leave a scope."""
        self._scope = scope

    def _literal(self, node: Literal) -> Fragment:
        value = node.value
        if value.__class__ in _WRITABLE and value == value and value not in (float("inf"), float("-inf")):
            return Fragment(code.constant(value), value.__class__)
        return Fragment(self.builder.shared(value), value.__class__)

    def _ident(self, node: Ident) -> Fragment:
        local = self._scope.get(node.name)
        if local is not None:
            return local
        reference = self.checked.references[node.id]
        if reference.type_value is not None:
            return Fragment(self.builder.shared(type_value(reference.type_value.name)))
        return Fragment(self.builder.variable(reference.name))

    def _select(self, node: Select) -> Fragment:
        if node.test_only:
            return self._has(node)
        if self.is_optional(node.operand):
            return optionals.wrapped(optionals.raw(self, node))
        return Fragment(code.item(self.subject(node.operand).expr, code.constant(node.field)))

    def _has(self, node: Select) -> Fragment:
        if self.is_optional(node.operand):
            found = optionals.raw_field(self, node.operand, code.constant(node.field))
            return Fragment(code.compare(found, ast.IsNot(), code.name("ABSENT")), bool)
        if isinstance(node.operand, Ident) and node.operand.name == "variables":
            raise Unsupported  # evaluates the variable: rare enough for the interpreter
        first, again = self.builder.reused(self.visit(node.operand))
        present = code.compare(code.constant(node.field), ast.In(), again)
        return Fragment(code.choose(code.has_class(first, "dict"), present, code.call("give_up")), bool)

    def _call(self, node: Call) -> Fragment:
        match node.function:
            case "_&&_" | "_||_":
                return self._logic(node)
            case "_?_:_":
                return self._conditional(node)
            case "@not_strictly_false":
                raise Unsupported
        if optionals.handles(self, node):
            return optionals.translate_call(self, node)
        return calls.translate_call(self, node)

    def _logic(self, node: Call) -> Fragment:
        is_and = node.function == "_&&_"
        join = code.both if is_and else code.either
        pending: list[ast.expr] = []
        for term in _terms(node, node.function):
            with self.builder.block() as before:
                condition = self.condition(term)
            if before and pending:
                # The term needs statements: they may only run where the terms before it left it open.
                result = self.builder.local()
                self.builder.emit(code.assign(result, join(*pending)))
                test: ast.expr = code.name(result) if is_and else code.negate(code.name(result))
                before.append(code.assign(result, condition))
                self.builder.emit(code.when(test, before))
                pending = [code.name(result)]
            else:
                for statement in before:
                    self.builder.emit(statement)
                pending.append(condition)
        return Fragment(join(*pending), bool)

    def _conditional(self, node: Call) -> Fragment:
        test, then, otherwise = node.args
        if optionals.is_mapping(self, node):
            return optionals.wrapped(optionals.raw(self, node))
        if is_optional(self.checked.types[node.id]):
            raise Unsupported  # a branch may change what it holds, as `optMap` does
        condition = self.condition(test)
        with self.builder.block() as then_before:
            chosen = self._branch(then)
        with self.builder.block() as otherwise_before:
            other = self._branch(otherwise)
        common = chosen.python_class if chosen.python_class is other.python_class else None
        if not then_before and not otherwise_before:
            return Fragment(code.choose(condition, chosen.expr, other.expr), common)
        result = self.builder.local()
        then_before.append(code.assign(result, chosen.expr))
        otherwise_before.append(code.assign(result, other.expr))
        self.builder.emit(code.when(condition, then_before, otherwise_before))
        return Fragment(code.name(result), common)

    def _branch(self, node: Node) -> Fragment:
        """Translate a branch; one that is an optional although nothing says so is the interpreter's."""
        fragment = self.visit(node)
        if isinstance(node, Call) and is_dyn(self.checked.types[node.id]) and fragment.python_class is None:
            return Fragment(code.call("no_optional", fragment.expr))
        return fragment

    def _list(self, node: ListLiteral) -> Fragment:
        if node.optional_indices:
            raise Unsupported
        return Fragment(code.list_of([self.visit(element).expr for element in node.elements]), list)

    def _map(self, node: MapLiteral) -> Fragment:
        keys: list[ast.expr] = []
        for entry in node.entries:
            if entry.optional or not isinstance(entry.key, Literal) or not isinstance(entry.key.value, str):
                raise Unsupported
            keys.append(code.constant(entry.key.value))
        return Fragment(code.dict_of(keys, [self.visit(entry.value).expr for entry in node.entries]), dict)


def _terms(node: Node, function: str) -> list[Node]:
    """Give the terms of a chain of one operator, in the order written, without recursion."""
    terms: list[Node] = []
    todo: list[Node] = [node]
    while todo:
        current = todo.pop()
        if isinstance(current, Call) and current.function == function:
            todo.extend(reversed(current.args))
        else:
            terms.append(current)
    return terms
