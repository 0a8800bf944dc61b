"""Pieces of Python code under construction: `ast` nodes, and what is known of the value they give.

Names in an expression never become names in the code: locals are numbered, fields are constants.
"""

from __future__ import annotations

import ast
from typing import Any

from policy_engine.records import record

# Every node needs a place; errors are told by the interpreter, which knows the real ones.
_PLACE: dict[str, Any] = {"lineno": 1, "col_offset": 0}
_LOAD = ast.Load()
_STORE = ast.Store()


@record
class Fragment:
    """An expression of Python. python_class: the exact class of its value where that is certain, else None."""

    expr: ast.expr
    python_class: type | None = None

    @property
    def is_atom(self) -> bool:
        """Tell whether writing the expression twice costs nothing."""
        return isinstance(self.expr, (ast.Name, ast.Constant))


def name(identifier: str) -> ast.Name:
    """Read a local or global."""
    return ast.Name(identifier, _LOAD, **_PLACE)


def constant(value: Any) -> ast.Constant:
    """Write None, bool, int, float, str or bytes."""
    return ast.Constant(value, **_PLACE)


def call(function: str, *args: ast.expr) -> ast.Call:
    """Call a global or local function."""
    return ast.Call(name(function), list(args), [], **_PLACE)


def method(target: ast.expr, attribute: str, *args: ast.expr) -> ast.Call:
    """Call a method of Python's own classes. attribute is ours, never an expression's."""
    return ast.Call(ast.Attribute(target, attribute, _LOAD, **_PLACE), list(args), [], **_PLACE)


def attribute(target: ast.expr, attribute: str) -> ast.Attribute:
    """Read an attribute of one of our own classes."""
    return ast.Attribute(target, attribute, _LOAD, **_PLACE)


def item(target: ast.expr, key: ast.expr) -> ast.Subscript:
    """Write `target[key]`."""
    return ast.Subscript(target, key, _LOAD, **_PLACE)


def compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.Compare:
    """Write one comparison."""
    return ast.Compare(left, [operator], [right], **_PLACE)


def has_class(value: ast.expr, python_class: str) -> ast.Compare:
    """Write `value.__class__ is python_class`."""
    return compare(attribute(value, "__class__"), ast.Is(), name(python_class))


def choose(condition: ast.expr, then: ast.expr, otherwise: ast.expr) -> ast.IfExp:
    """Write `then if condition else otherwise`."""
    return ast.IfExp(condition, then, otherwise, **_PLACE)


def both(*conditions: ast.expr) -> ast.expr:
    """Join conditions with `and`."""
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.And(), list(conditions), **_PLACE)


def either(*conditions: ast.expr) -> ast.expr:
    """Join conditions with `or`."""
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.Or(), list(conditions), **_PLACE)


def negate(condition: ast.expr) -> ast.UnaryOp:
    """Write `not condition`."""
    return ast.UnaryOp(ast.Not(), condition, **_PLACE)


def binary(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.BinOp:
    """Write arithmetic."""
    return ast.BinOp(left, operator, right, **_PLACE)


def walrus(identifier: str, value: ast.expr) -> ast.NamedExpr:
    """Write `(identifier := value)`."""
    return ast.NamedExpr(ast.Name(identifier, _STORE, **_PLACE), value, **_PLACE)


def assign(identifier: str, value: ast.expr) -> ast.stmt:
    """Write `identifier = value`."""
    return ast.Assign([ast.Name(identifier, _STORE, **_PLACE)], value, **_PLACE)


def assign_attribute(target: str, attribute: str, value: ast.expr) -> ast.stmt:
    """Write `target.attribute = value`."""
    return ast.Assign([ast.Attribute(name(target), attribute, _STORE, **_PLACE)], value, **_PLACE)


def assign_item(target: str, key: ast.expr, value: ast.expr) -> ast.stmt:
    """Write `target[key] = value`."""
    return ast.Assign([ast.Subscript(name(target), key, _STORE, **_PLACE)], value, **_PLACE)


def run(value: ast.expr) -> ast.stmt:
    """Evaluate an expression for its effect."""
    return ast.Expr(value, **_PLACE)


def when(condition: ast.expr, body: list[ast.stmt], otherwise: list[ast.stmt] | None = None) -> ast.stmt:
    """Write an if statement."""
    return ast.If(condition, body, otherwise or [], **_PLACE)


def loop(variables: list[str], values: ast.expr, body: list[ast.stmt]) -> ast.stmt:
    """Write a for statement over one variable or a pair."""
    targets: list[ast.expr] = [ast.Name(variable, _STORE, **_PLACE) for variable in variables]
    target = targets[0] if len(targets) == 1 else ast.Tuple(targets, _STORE, **_PLACE)
    return ast.For(target, values, body, [], **_PLACE)


def stop_loop() -> ast.stmt:
    """Write `break`."""
    return ast.Break(**_PLACE)


def list_of(elements: list[ast.expr]) -> ast.List:
    """Write a list display."""
    return ast.List(elements, _LOAD, **_PLACE)


def tuple_of(elements: list[ast.expr]) -> ast.Tuple:
    """Write a tuple display."""
    return ast.Tuple(elements, _LOAD, **_PLACE)


def dict_of(keys: list[ast.expr], values: list[ast.expr]) -> ast.Dict:
    """Write a dict display."""
    return ast.Dict(list(keys), values, **_PLACE)


def function(parameters: list[str], body: list[ast.stmt]) -> ast.Module:
    """Write a module with one function, `evaluate`."""
    arguments = ast.arguments(
        posonlyargs=[ast.arg(parameter, None, **_PLACE) for parameter in parameters],
        args=[],
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )
    definition = ast.FunctionDef("evaluate", arguments, body, [], None, **_PLACE)
    if "type_params" in ast.FunctionDef._fields:  # Python 3.12 and later
        definition.type_params = []  # type: ignore[attr-defined,unused-ignore]
    return ast.Module([definition], [])


def give(value: ast.expr) -> ast.stmt:
    """Write a return statement."""
    return ast.Return(value, **_PLACE)
