"""Which overloads a call may mean, and what its result is then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_engine.cel import types as t
from policy_engine.cel.checker.checked import Reference
from policy_engine.cel.checker.selections import check_optional_select, qualified_name
from policy_engine.cel.checker.unification import is_exact
from policy_engine.cel.libraries.declare import Overload
from policy_engine.cel.syntax.tree import Call, Node
from policy_engine.cel.types import Kind, Type

if TYPE_CHECKING:
    from policy_engine.cel.checker.check import Checker


def check_call(checker: Checker, node: Call) -> Node:
    """Check a call of an operator, a function or a method."""
    if node.function == "_?._":
        return check_optional_select(checker, node)
    args = tuple([checker.visit(arg) for arg in node.args])
    if node.target is None:
        return _global_call(checker, node, args, node.function)
    prefix = qualified_name(node.target)
    if prefix and f"{prefix}.{node.function}".lstrip(".") in checker.declarations.functions:
        # `ip.isCanonical(x)`: a function of that full name wins over a method of a value named `ip`.
        return _global_call(checker, node, args, f"{prefix}.{node.function}")
    target = checker.visit(node.target)
    node = Call(node.id, node.offset, node.function, args, target)
    overloads = checker.declarations.functions.get(node.function)
    if overloads is None:
        checker.types[node.id] = t.ERROR
        checker.undeclared(node.id, node.function, checker.declarations.functions)
    else:
        _resolve(checker, node, overloads, (target, *args))
    return node


def _global_call(checker: Checker, node: Call, args: tuple[Node, ...], name: str) -> Node:
    function = name.removeprefix(".")
    node = Call(node.id, node.offset, function, args)
    overloads = checker.declarations.functions.get(function)
    if overloads is None:
        checker.types[node.id] = t.ERROR
        checker.undeclared(node.id, name, checker.declarations.functions)
    else:
        _resolve(checker, node, overloads, args)
    return node


def _resolve(checker: Checker, call: Call, overloads: tuple[Overload, ...], args: tuple[Node, ...]) -> None:
    """Find the overloads that take the arguments, and the call's type: dyn where they differ."""
    arg_types = tuple([checker.types[arg.id] for arg in args])
    is_member = call.target is not None
    matching: list[Overload] = []
    result: Type | None = None
    for overload in overloads:
        if overload.member is not is_member:
            continue
        if overload.function in ("_&&_", "_||_"):
            _logical(checker, call, overload, arg_types)
            return
        if len(overload.params) != len(arg_types):
            continue
        params, overload_result = _instantiate(checker, overload)
        if not checker.substitutions.assign_all(arg_types, params):
            continue
        matching.append(overload)
        resolved = checker.substitutions.resolve(overload_result)
        if result is None:
            result = resolved
        elif not t.is_dyn(result) and not is_exact(resolved, result):
            result = t.DYN
    if result is None:
        checker.types[call.id] = t.ERROR
        _no_overload(checker, call, overloads, arg_types)
        return
    checker.types[call.id] = result
    checker.references[call.id] = Reference(overloads=tuple(matching))


def _logical(checker: Checker, call: Call, overload: Overload, arg_types: tuple[Type, ...]) -> None:
    checker.types[call.id] = t.BOOL
    for arg, type_ in zip(call.args, arg_types, strict=True):
        if not checker.substitutions.assign(type_, t.BOOL):
            checker.mismatch(arg.id, t.BOOL, type_)
            checker.types[call.id] = t.ERROR
    if checker.types[call.id] is t.BOOL:
        checker.references[call.id] = Reference(overloads=(overload,))


def _instantiate(checker: Checker, overload: Overload) -> tuple[tuple[Type, ...], Type]:
    """Give an overload's types with fresh type variables for its type parameters."""
    if not overload.is_generic:
        return overload.params, overload.result
    names: dict[str, Type] = {}
    result = _freshen(checker, overload.result, names)  # first, as in cel-go: messages show the numbers
    return tuple([_freshen(checker, p, names) for p in overload.params]), result


def _freshen(checker: Checker, type_: Type, names: dict[str, Type]) -> Type:
    if type_.kind is Kind.TYPE_PARAM:
        if type_.name not in names:
            names[type_.name] = checker.free_type()
        return names[type_.name]
    if not type_.params:
        return type_
    params = tuple([_freshen(checker, p, names) for p in type_.params])
    return Type(type_.kind, type_.name, params) if params != type_.params else type_


def _no_overload(
    checker: Checker, call: Call, overloads: tuple[Overload, ...], arg_types: tuple[Type, ...]
) -> None:
    shown = [checker.substitutions.resolve(type_, free_to_dyn=True).display for type_ in arg_types]
    receiver = f"{shown.pop(0)}." if call.target is not None else ""
    function = overloads[0].function
    checker.issue(
        call.id,
        f"found no matching overload for '{function}' applied to '{receiver}({', '.join(shown)})'",
    )
