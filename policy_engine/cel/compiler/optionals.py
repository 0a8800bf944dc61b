"""Optional chains, kept raw: a value or ABSENT, and an `Optional` only where one escapes.

`object.?spec.?x.orValue(1)` makes no `Optional` object at all.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from policy_engine.cel.compiler import code
from policy_engine.cel.compiler.code import Fragment
from policy_engine.cel.compiler.function import Unsupported
from policy_engine.cel.syntax.tree import Call, Comprehension, Ident, Node, Select
from policy_engine.cel.syntax.walk import children

if TYPE_CHECKING:
    from policy_engine.cel.compiler.translate import Translator

_READERS = frozenset({"hasValue", "value", "orValue"})
_CHAINED = _READERS | {"or"}
MAKERS = frozenset({"optional.of", "optional.ofNonZeroValue", "optional.none", "_?._", "_[?_]"})


def wrapped(raw_value: ast.expr) -> Fragment:
    """Make an `Optional` of a raw value."""
    return Fragment(code.call("wrap", raw_value))


def handles(translator: Translator, node: Call) -> bool:
    """Tell whether a call is one of those treated here."""
    if node.function in MAKERS or (node.function == "_[_]" and translator.is_optional(node.args[0])):
        return True
    return node.function in _CHAINED and node.target is not None and translator.is_optional(node.target)


def translate_call(translator: Translator, node: Call) -> Fragment:
    """Translate a call that makes or reads an optional."""
    if node.function not in _READERS or node.target is None:
        return wrapped(raw(translator, node))
    if node.function == "hasValue":
        found = raw(translator, node.target)
        return Fragment(code.compare(found, ast.IsNot(), code.name("ABSENT")), bool)
    first, again = translator.builder.reused(Fragment(raw(translator, node.target)))
    present = code.compare(first, ast.IsNot(), code.name("ABSENT"))
    if node.function == "value":
        return Fragment(code.choose(present, again, code.call("give_up")))
    return Fragment(_otherwise(translator, first, again, translator.visit, node.args[0]))


def is_mapping(translator: Translator, node: Call) -> bool:
    """Recognise what `optMap` and `optFlatMap` expand to: `x.hasValue() ? ... : optional.none()`."""
    test, then, otherwise = node.args
    return (
        isinstance(test, Call)
        and test.function == "hasValue"
        and isinstance(otherwise, Call)
        and otherwise.function == "optional.none"
        and _mapped(then) is not None
    )


def raw(translator: Translator, node: Node) -> ast.expr:
    """Translate a node of an optional type to its value or ABSENT."""
    if isinstance(node, Select) and not node.test_only and translator.is_optional(node.operand):
        return raw_field(translator, node.operand, code.constant(node.field))
    if isinstance(node, Call):
        match node.function:
            case "_?._" | "_[?_]" | "_[_]" if node.function != "_[_]" or translator.is_optional(node.args[0]):
                return raw_field(translator, node.args[0], translator.visit(node.args[1]).expr)
            case "optional.of":
                return translator.subject(node.args[0]).expr
            case "optional.ofNonZeroValue":
                return code.call("non_zero", translator.visit(node.args[0]).expr)
            case "optional.none":
                return code.name("ABSENT")
            case "or" if node.target is not None and translator.is_optional(node.target):
                first, again = translator.builder.reused(Fragment(raw(translator, node.target)))
                return _otherwise(
                    translator, first, again, lambda other: Fragment(raw(translator, other)), node.args[0]
                )
            case "_?_:_" if is_mapping(translator, node):
                return _mapping(translator, node)
    value = translator.builder.store(translator.visit(node)).expr
    is_optional = code.has_class(value, "Optional")
    return code.choose(is_optional, code.attribute(value, "value"), code.call("give_up"))


def raw_field(translator: Translator, operand: Node, key: ast.expr) -> ast.expr:
    """Read a field or index of an operand, optional or not, as a value or ABSENT."""
    if translator.is_optional(operand):
        container = Fragment(raw(translator, operand))
    else:
        container = translator.visit(operand)
    if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        return code.call("optional_at", container.expr, key)
    first, again = translator.builder.reused(container)
    direct = code.method(again, "get", key, code.name("ABSENT"))
    absent = code.compare(again, ast.Is(), code.name("ABSENT"))
    other = code.choose(absent, code.name("ABSENT"), code.call("optional_at", again, key))
    return code.choose(code.has_class(first, "dict"), direct, other)


def _otherwise(
    translator: Translator,
    first: ast.expr,
    again: ast.expr,
    visit: Callable[[Node], Fragment],
    fallback: Node,
) -> ast.expr:
    """Give a raw value where there is one, else a fallback that is evaluated only then."""
    builder = translator.builder
    with builder.block() as before:
        other = visit(fallback)
    if not before:
        return code.choose(code.compare(first, ast.IsNot(), code.name("ABSENT")), again, other.expr)
    result = builder.local()
    builder.emit(code.assign(result, first))
    before.append(code.assign(result, other.expr))
    builder.emit(code.when(code.compare(code.name(result), ast.Is(), code.name("ABSENT")), before))
    return code.name(result)


def _mapped(then: Node) -> tuple[Comprehension, bool] | None:
    """Find the binding inside an expanded `optMap` (which wraps its result) or `optFlatMap` (which does not)."""
    if isinstance(then, Call) and then.function == "optional.of" and isinstance(then.args[0], Comprehension):
        return then.args[0], True
    return (then, False) if isinstance(then, Comprehension) else None


def _grows(binding: Comprehension) -> bool:
    """Tell whether `x + ...` occurs for the bound x: cel-go may add to a list or map in place there."""
    todo: list[Node] = [binding.result]
    while todo:
        node = todo.pop()
        if isinstance(node, Call) and node.function == "_+_":
            left = node.args[0]
            if isinstance(left, Ident) and left.name == binding.accu_var:
                return True
        todo.extend(children(node))
    return False


def _mapping(translator: Translator, node: Call) -> ast.expr:
    """Translate `optMap` and `optFlatMap`: the body runs only where there is a value."""
    test, then, _ = node.args
    found = _mapped(then)
    if found is None or not isinstance(test, Call) or test.target is None:
        raise Unsupported
    binding, wraps = found
    if _grows(binding):
        raise Unsupported
    builder = translator.builder
    value = builder.local()
    builder.emit(code.assign(value, raw(translator, test.target)))
    result = builder.local()
    builder.emit(code.assign(result, code.name("ABSENT")))
    outer = translator.bind({binding.accu_var: Fragment(code.name(value))})
    with builder.block() as body:
        mapped = translator.visit(binding.result).expr if wraps else raw(translator, binding.result)
        body.append(code.assign(result, code.call("native", mapped)))
    translator.restore(outer)
    builder.emit(code.when(code.compare(code.name(value), ast.IsNot(), code.name("ABSENT")), body))
    return code.name(result)
