"""Comprehensions as Python loops.

A comprehension is recognised by its shape (what its steps do), whichever macro it came from.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from policy_engine.cel.compiler import code
from policy_engine.cel.compiler.code import Fragment
from policy_engine.cel.compiler.function import Unsupported
from policy_engine.cel.syntax.loops import is_accumulator, is_binding
from policy_engine.cel.syntax.tree import Call, Comprehension, ListLiteral, Literal, Node

if TYPE_CHECKING:
    from policy_engine.cel.compiler.translate import Translator


def translate_comprehension(translator: Translator, node: Comprehension) -> Fragment:
    """Translate a fold. Raises Unsupported for one of no known shape."""
    if is_binding(node):
        return _binding(translator, node)
    step = node.loop_step
    if isinstance(step, Call):
        if step.function in ("_&&_", "_||_") and is_accumulator(step.args[0], node):
            return _quantifier(translator, node, step.args[1], is_all=step.function == "_&&_")
        if step.function == "_?_:_" and is_accumulator(step.args[2], node):
            return _collect(translator, node, step.args[0], step.args[1])
        return _collect(translator, node, None, step)
    raise Unsupported


def _binding(translator: Translator, node: Comprehension) -> Fragment:
    value = translator.builder.store(translator.visit(node.accu_init))
    outer = translator.bind({node.accu_var: value})
    result = translator.visit(node.result)
    translator.restore(outer)
    return result


def _quantifier(translator: Translator, node: Comprehension, predicate: Node, *, is_all: bool) -> Fragment:
    """Translate `all` or `exists`: stop at the first element that settles it."""
    result = translator.builder.local()

    def body() -> None:
        condition = translator.condition(predicate)
        settled = code.negate(condition) if is_all else condition
        settle = [code.assign(result, code.constant(not is_all)), code.stop_loop()]
        translator.builder.emit(code.when(settled, settle))

    _loop(translator, node, code.assign(result, code.constant(is_all)), body)
    return Fragment(code.name(result), bool)


def _collect(translator: Translator, node: Comprehension, condition: Node | None, step: Node) -> Fragment:
    """Translate what adds to a result where a condition holds (None: always)."""
    match step:
        case Call(function=function, args=(accumulator, *added)) if is_accumulator(accumulator, node):
            match function, added:
                case "_+_", [ListLiteral(elements=(element,))]:
                    return _list(translator, node, condition, element)
                case "_+_", [Literal(value=1)]:
                    return _exactly_one(translator, node, condition)
                case "cel.@mapInsert", [key, value]:
                    return _map(translator, node, condition, (key, value))
    raise Unsupported


def _list(translator: Translator, node: Comprehension, condition: Node | None, element: Node) -> Fragment:
    """Translate `map`, `filter` and `transformList`."""
    builder = translator.builder
    result = builder.local()

    def add() -> None:
        appended = translator.visit(element).expr
        builder.emit(code.run(code.method(code.name(result), "append", appended)))

    _loop(translator, node, code.assign(result, code.list_of([])), _where(translator, condition, add))
    return Fragment(code.name(result), list)


def _exactly_one(translator: Translator, node: Comprehension, condition: Node | None) -> Fragment:
    """Translate `exists_one`: count."""
    builder = translator.builder
    result = builder.local()

    def add() -> None:
        builder.emit(code.assign(result, code.binary(code.name(result), ast.Add(), code.constant(1))))

    _loop(translator, node, code.assign(result, code.constant(0)), _where(translator, condition, add))
    return Fragment(code.compare(code.name(result), ast.Eq(), code.constant(1)), bool)


def _map(
    translator: Translator, node: Comprehension, condition: Node | None, entry: tuple[Node, Node]
) -> Fragment:
    """Translate `transformMap`. A key that is no string, or is there already, is left to the interpreter."""
    builder = translator.builder
    result = builder.local()
    key_node, value_node = entry

    def add() -> None:
        key = builder.store(translator.visit(key_node))
        if key.python_class is not str:
            builder.emit(code.when(code.negate(code.has_class(key.expr, "str")), [_give_up()]))
        builder.emit(code.when(code.compare(key.expr, ast.In(), code.name(result)), [_give_up()]))
        builder.emit(code.assign_item(result, key.expr, translator.visit(value_node).expr))

    _loop(translator, node, code.assign(result, code.dict_of([], [])), _where(translator, condition, add))
    return Fragment(code.name(result), dict)


def _where(translator: Translator, condition: Node | None, add: Callable[[], None]) -> Callable[[], None]:
    """Give what emits a loop's body: what `add` emits, behind a condition if there is one."""
    if condition is None:
        return add

    def body() -> None:
        test = translator.condition(condition)
        with translator.builder.block() as adding:
            add()
        translator.builder.emit(code.when(test, adding))

    return body


def _give_up() -> ast.stmt:
    return code.run(code.call("give_up"))


def _loop(translator: Translator, node: Comprehension, start: ast.stmt, body: Callable[[], None]) -> None:
    """Emit the loop itself: its range, the charge for its rounds, and its variables."""
    builder = translator.builder
    values = builder.store(translator.visit(node.iter_range))
    if isinstance(values.expr, ast.Constant):
        raise Unsupported
    is_list = code.has_class(values.expr, "list")
    iterated: ast.expr = values.expr
    if node.iter_var2:
        pairs = code.choose(is_list, code.call("enumerate", values.expr), code.method(values.expr, "items"))
        iterated = pairs
    if values.python_class is not list and values.python_class is not dict:
        is_map = code.has_class(values.expr, "dict")
        builder.emit(code.when(code.negate(code.either(is_list, is_map)), [_give_up()]))
    _charge(translator, node, values.expr)
    builder.emit(start)
    first = builder.local()
    variables = {node.iter_var: Fragment(code.name(first))}
    targets = [first]
    if node.iter_var2:
        second = builder.local()
        variables[node.iter_var2] = Fragment(code.name(second))
        targets.append(second)
    outer = translator.bind(variables)
    with builder.loop_block() as statements:
        body()
    translator.restore(outer)
    builder.emit(code.loop(targets, iterated, statements))


def _charge(translator: Translator, node: Comprehension, values: ast.expr) -> None:
    """Emit the charge for a loop's rounds before it starts."""
    builder = translator.builder
    units = translator.bounds.per_round[node.id]
    left = builder.local()
    rounds = code.call("len", values)
    spent = code.binary(rounds, ast.Mult(), code.constant(units))
    fuel = code.attribute(code.name("M"), "fuel")
    builder.emit(code.assign(left, code.binary(fuel, ast.Sub(), spent)))
    builder.emit(code.assign_attribute("M", "fuel", code.name(left)))
    empty = code.compare(code.name(left), ast.Lt(), code.constant(0))
    builder.emit(code.when(empty, [code.run(code.method(code.name("M"), "refuel"))]))
