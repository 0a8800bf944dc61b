"""Functions and operators: the common ones inline behind a guard on the values' classes, the rest by a call."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from policy_engine.cel.compiler import code
from policy_engine.cel.compiler.code import Fragment
from policy_engine.cel.compiler.function import Unsupported
from policy_engine.cel.compiler.runtime import charged, invoker
from policy_engine.cel.interpreter.dispatch import call_cost
from policy_engine.cel.libraries.declare import Overload, Value
from policy_engine.cel.libraries.regexp import matcher
from policy_engine.cel.syntax.tree import Call, ListLiteral, Literal, Node
from policy_engine.cel.types import Kind

if TYPE_CHECKING:
    from policy_engine.cel.compiler.translate import Translator

_CLASSES: dict[Kind, type] = {
    Kind.BOOL: bool,
    Kind.BYTES: bytes,
    Kind.DOUBLE: float,
    Kind.INT: int,
    Kind.LIST: list,
    Kind.STRING: str,
}
# Comparisons of ints with doubles go through a double in CEL; Python compares exactly. Below this they agree.
_EXACT_DOUBLE = 1 << 53
_ORDER: dict[str, tuple[ast.cmpop, str]] = {
    # operator: (Python's, the exact helper)
    "_<_": (ast.Lt(), "less"),
    "_<=_": (ast.LtE(), "less_or_equal"),
    "_>_": (ast.Gt(), "greater"),
    "_>=_": (ast.GtE(), "greater_or_equal"),
}


def translate_call(translator: Translator, node: Call) -> Fragment:
    """Translate a call of anything but the lazy operators and the optionals."""
    operands = (node.target, *node.args) if node.target is not None else node.args
    if node.id in translator.bounds.charged:
        return _invoke(translator, node, operands)
    inline = _INLINE.get(node.function)
    if inline is not None:
        fragment = inline(translator, node, operands)
        if fragment is not None:
            return fragment
    return _invoke(translator, node, operands)


def _invoke(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    """Call the implementation of the overloads that the checker left."""
    overloads = [o for o in translator.checked.references[node.id].overloads if o.implementation is not None]
    if not overloads:
        raise Unsupported
    args = [translator.visit(operand) for operand in operands]
    results = {_CLASSES.get(o.result.kind) for o in overloads}
    result = results.pop() if len(results) == 1 else None
    implementation = _implementation(overloads)
    if node.id in translator.bounds.charged:
        cost = call_cost(translator.checked.references[node.id].overloads)
        function = translator.builder.shared(charged(implementation, cost))
        called = code.call(function.id, code.name("M"), *(arg.expr for arg in args))
        return Fragment(called, result)
    if len(overloads) == 1 and overloads[0].guarded:
        direct = _direct(translator, overloads[0], args)
        if direct is not None:
            return Fragment(direct, result)
    function = translator.builder.shared(implementation)
    return Fragment(code.call(function.id, *(arg.expr for arg in args)), result)


def _implementation(overloads: Sequence[Overload]) -> Callable[..., Value]:
    """Give what a call runs: an implementation that looks at its arguments itself, or one that is guarded."""
    own = overloads[0].implementation
    return own if own is not None and not overloads[0].guarded else invoker(overloads)


def _direct(translator: Translator, overload: Overload, args: list[Fragment]) -> ast.expr | None:
    """Call one overload's implementation behind guards; None where a parameter's class has no simple guard."""
    guards: list[ast.expr] = []
    passed: list[ast.expr] = []
    for param, arg in zip(overload.params, args, strict=True):
        wanted = _CLASSES.get(param.kind)
        if param.kind is Kind.LIST and param.params[0].kind not in (Kind.DYN, Kind.TYPE_PARAM):
            return None  # the first element has to be of the right type as well
        if param.kind in (Kind.DYN, Kind.TYPE_PARAM) or (wanted is not None and arg.python_class is wanted):
            passed.append(arg.expr)
        elif wanted is None:
            return None
        else:
            first, again = translator.builder.reused(arg)
            guards.append(code.has_class(first, wanted.__name__))
            passed.append(again)
    function = translator.builder.shared(overload.implementation)
    called = code.call(function.id, *passed)
    return code.choose(code.both(*guards), called, code.call("give_up")) if guards else called


def _equality(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    operator: ast.cmpop = ast.Eq() if node.function == "_==_" else ast.NotEq()
    left, right = (translator.visit(operand) for operand in operands)
    if isinstance(left.expr, ast.Constant) and not isinstance(right.expr, ast.Constant):
        left, right = right, left
    if isinstance(right.expr, ast.Constant) and not isinstance(left.expr, ast.Constant):
        value = right.expr.value
        if value is None or isinstance(value, bool):
            identity: ast.cmpop = ast.Is() if node.function == "_==_" else ast.IsNot()
            return Fragment(code.compare(left.expr, identity, right.expr), bool)
        # 0 and 1 equal False and True in Python.
        if isinstance(value, str) or (type(value) is int and 1 < abs(value) < _EXACT_DOUBLE):
            return Fragment(code.compare(left.expr, operator, right.expr), bool)
    if left.python_class is right.python_class and left.python_class in (str, int, bool):
        return Fragment(code.compare(left.expr, operator, right.expr), bool)
    if left.python_class is str or right.python_class is str:
        # A string equals nothing but a string, in Python as in CEL.
        return Fragment(code.compare(left.expr, operator, right.expr), bool)
    if _is_bit(right.expr) and not isinstance(left.expr, ast.Constant):
        return _equals_bit(translator, node, left, right.expr)
    equal: ast.expr = code.call("equal", left.expr, right.expr)
    return Fragment(equal if node.function == "_==_" else code.negate(equal), bool)


def _is_bit(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and type(value.value) is int and value.value in (0, 1)


def _equals_bit(translator: Translator, node: Call, left: Fragment, bit: ast.expr) -> Fragment:
    """Compare with 0 or 1, which False and True equal in Python but not in CEL."""
    first, again = translator.builder.reused(left)
    if node.function == "_==_":
        parts = (code.compare(first, ast.Eq(), bit), _class_test(again, ast.IsNot()))
        return Fragment(code.both(*parts), bool)
    parts = (code.compare(first, ast.NotEq(), bit), _class_test(again, ast.Is()))
    return Fragment(code.either(*parts), bool)


def _class_test(value: ast.expr, operator: ast.cmpop) -> ast.expr:
    return code.compare(code.attribute(value, "__class__"), operator, code.name("bool"))


def _ordering(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    operator, helper = _ORDER[node.function]
    left, right = (translator.visit(operand) for operand in operands)
    if left.python_class is right.python_class and left.python_class in (int, str):
        return Fragment(code.compare(left.expr, operator, right.expr), bool)
    for known, other in ((left, right), (right, left)):
        if known.python_class in (int, str) and isinstance(known.expr, ast.Constant):
            first, again = translator.builder.reused(other)
            sides = (again, known.expr) if known is right else (known.expr, again)
            compared = code.compare(sides[0], operator, sides[1])
            guard = code.has_class(first, "int" if known.python_class is int else "str")
            return Fragment(code.choose(guard, compared, code.call(helper, *sides)), bool)
    return Fragment(code.call(helper, left.expr, right.expr), bool)


def _addition(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment | None:
    left, right = (translator.visit(operand) for operand in operands)
    if left.python_class is str and right.python_class is str:
        return Fragment(code.binary(left.expr, ast.Add(), right.expr), str)
    if left.python_class is list and right.python_class is list:
        return Fragment(code.binary(left.expr, ast.Add(), right.expr), list)
    for known, other in ((left, right), (right, left)):
        if known.python_class is str and known.is_atom:
            first, again = translator.builder.reused(other)
            sides = (again, known.expr) if known is right else (known.expr, again)
            joined = code.binary(sides[0], ast.Add(), sides[1])
            return Fragment(code.choose(code.has_class(first, "str"), joined, code.call("give_up")), str)
    common = left.python_class if left.python_class is right.python_class else None
    return Fragment(code.call("add", left.expr, right.expr), common)


def _arithmetic(helper: str) -> Callable[[Translator, Call, tuple[Node, ...]], Fragment]:
    def translate(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
        left, right = (translator.visit(operand) for operand in operands)
        common = left.python_class if left.python_class is right.python_class else None
        return Fragment(code.call(helper, left.expr, right.expr), common)

    return translate


def _membership(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    element, container = operands
    if isinstance(container, ListLiteral) and not container.optional_indices:
        values = [e.value for e in container.elements if isinstance(e, Literal)]
        if len(values) == len(container.elements) and all(_compares_alike(value) for value in values):
            among = code.tuple_of([code.constant(value) for value in values])
            return Fragment(code.compare(translator.visit(element).expr, ast.In(), among), bool)
    wanted = translator.visit(element)
    values_in = translator.visit(container)
    if wanted.python_class is str and wanted.is_atom:
        first, again = translator.builder.reused(values_in)
        guard = code.either(code.has_class(first, "dict"), code.has_class(again, "list"))
        found = code.compare(wanted.expr, ast.In(), again)
        return Fragment(code.choose(guard, found, code.call("give_up")), bool)
    return Fragment(code.call("contains", wanted.expr, values_in.expr), bool)


def _compares_alike(value: object) -> bool:
    """Tell whether Python's `==` with this constant is CEL's, whatever the other side is."""
    return type(value) is str or (type(value) is int and 1 < abs(value) < _EXACT_DOUBLE)


def _negation(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    return Fragment(code.negate(translator.condition(operands[0])), bool)


def _index(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    container, key = operands
    if isinstance(key, Literal):
        if isinstance(key.value, str):
            return Fragment(code.item(translator.subject(container).expr, code.constant(key.value)))
        if type(key.value) is int and key.value >= 0:
            first, again = translator.builder.reused(translator.subject(container))
            found = code.item(again, code.constant(key.value))
            return Fragment(code.choose(code.has_class(first, "list"), found, code.call("give_up")))
        raise Unsupported
    return Fragment(code.call("at", translator.visit(container).expr, translator.visit(key).expr))


def _size(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    value = translator.visit(operands[0])
    if value.python_class in (list, str, bytes, dict):
        return Fragment(code.call("len", value.expr), int)
    first, again = translator.builder.reused(value)
    is_list = code.has_class(first, "list")
    return Fragment(code.choose(is_list, code.call("len", again), code.call("size", again)), int)


def _on_strings(make: Callable[[ast.expr, ast.expr], ast.expr]) -> Callable[..., Fragment | None]:
    """Make an inline form for a test of one string against a constant one."""

    def translate(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment | None:
        subject, other = operands
        if not isinstance(other, Literal) or not isinstance(other.value, str):
            return None
        value = translator.visit(subject)
        if value.python_class is str:
            return Fragment(make(value.expr, code.constant(other.value)), bool)
        first, again = translator.builder.reused(value)
        tested = make(again, code.constant(other.value))
        return Fragment(code.choose(code.has_class(first, "str"), tested, code.call("give_up")), bool)

    return translate


def _matches(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment | None:
    subject, pattern = operands
    if not isinstance(pattern, Literal) or not isinstance(pattern.value, str):
        return None
    matches = translator.builder.shared(matcher(pattern.value))
    value = translator.visit(subject)
    if value.python_class is str:
        return Fragment(code.call(matches.id, value.expr), bool)
    first, again = translator.builder.reused(value)
    tested = code.call(matches.id, again)
    return Fragment(code.choose(code.has_class(first, "str"), tested, code.call("give_up")), bool)


def _string(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment | None:
    overloads = translator.checked.references[node.id].overloads
    value = translator.visit(operands[0])
    if value.python_class is str:
        return value
    first, again = translator.builder.reused(value)
    function = translator.builder.shared(_implementation(overloads))
    return Fragment(code.choose(code.has_class(first, "str"), again, code.call(function.id, again)), str)


def _dyn(translator: Translator, node: Call, operands: tuple[Node, ...]) -> Fragment:
    return translator.visit(operands[0])


_Inline = Callable[["Translator", Call, "tuple[Node, ...]"], "Fragment | None"]
_INLINE: dict[str, _Inline] = {
    "_==_": _equality,
    "_!=_": _equality,
    "_<_": _ordering,
    "_<=_": _ordering,
    "_>_": _ordering,
    "_>=_": _ordering,
    "_+_": _addition,
    "_-_": _arithmetic("subtract"),
    "_*_": _arithmetic("multiply"),
    "_/_": _arithmetic("divide"),
    "_%_": _arithmetic("modulo"),
    "_[_]": _index,
    "@in": _membership,
    "!_": _negation,
    "size": _size,
    "dyn": _dyn,
    "string": _string,
    "matches": _matches,
    "startsWith": _on_strings(lambda value, other: code.method(value, "startswith", other)),
    "endsWith": _on_strings(lambda value, other: code.method(value, "endswith", other)),
    "contains": _on_strings(lambda value, other: code.compare(other, ast.In(), value)),
}
