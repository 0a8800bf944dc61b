"""Fields of values, of messages and of optionals; names with dots in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from policy_engine.cel import types as t
from policy_engine.cel.checker.checked import Reference
from policy_engine.cel.checker.spelling import closest
from policy_engine.cel.syntax.tree import Call, Ident, Literal, Node, Select
from policy_engine.cel.types import Kind, Type

if TYPE_CHECKING:
    from policy_engine.cel.checker.check import Checker

# The one enumeration that Kubernetes' environment knows. Source: cel-go common/types/pb.
_CONSTANTS = {"google.protobuf.NullValue.NULL_VALUE": 0}


def check_select(checker: Checker, node: Select) -> Node:
    """Check `a.b` and `has(a.b)`, or find that it is the name of something."""
    qualified = qualified_name(node)
    if qualified:
        found = checker.find(qualified)
        if found is None and qualified in _CONSTANTS:
            checker.types[node.id] = t.INT
            return Literal(node.id, node.offset, _CONSTANTS[qualified])
        if found is not None:
            checker.types[node.id], reference = found
            checker.references[node.id] = reference
            return Ident(node.id, node.offset, reference.name)
    operand = checker.visit(node.operand)
    type_ = _field(checker, node.id, operand, node.field, optional=False)
    checker.types[node.id] = t.BOOL if node.test_only else checker.substitutions.resolve(type_)
    return Select(node.id, node.offset, operand, node.field, node.test_only)


def check_optional_select(checker: Checker, node: Call) -> Node:
    """Check `a.?b`."""
    if len(node.args) != 2 or node.target is not None:
        style = " member call with" if node.target is not None else ""
        checker.issue(
            node.id,
            f"unsupported optional field selection: incorrect signature.{style} argument count: {len(node.args)}",
        )
        checker.types[node.id] = t.ERROR
        return node
    field = node.args[1]
    if not isinstance(field, Literal) or not isinstance(field.value, str):
        checker.issue(field.id, "unsupported optional field selection")
        checker.types[node.id] = t.ERROR
        return node
    operand = checker.visit(node.args[0])
    checker.types[field.id] = t.STRING
    type_ = _field(checker, node.id, operand, field.value, optional=True)
    checker.types[node.id] = checker.substitutions.resolve(type_)
    checker.references[node.id] = Reference(overloads=checker.declarations.functions.get("_?._", ()))
    return Call(node.id, node.offset, node.function, (operand, field))


def declared_field(checker: Checker, id_: int, struct: str, field: str) -> Type:
    """Give the type of a message's field."""
    fields = checker.declarations.structs.get(struct)
    if fields is None:
        checker.issue(id_, f"unexpected failed resolution of '{struct}'")
        return t.ERROR
    type_ = fields.get(field)
    if type_ is None:
        checker.issue(id_, f"undefined field '{field}'", suggestion=closest(field, fields))
        return t.ERROR
    return type_


def _field(checker: Checker, id_: int, operand: Node, field: str, *, optional: bool) -> Type:
    target = checker.substitutions.resolve(checker.types[operand.id])
    unwrapped = target.params[0] if t.is_optional(target) else target
    type_ = _field_of(checker, id_, unwrapped, field)
    return t.optional_of(type_) if optional or unwrapped is not target else type_


def _field_of(checker: Checker, id_: int, target: Type, field: str) -> Type:
    if target.kind is Kind.MAP:
        return target.params[1]
    if target.kind is Kind.STRUCT:
        return declared_field(checker, id_, target.name, field)
    if target.kind is Kind.TYPE_PARAM:
        checker.substitutions.assign(t.DYN, target)
    elif target.kind not in (Kind.DYN, Kind.ANY, Kind.ERROR):
        checker.issue(id_, f"type '{target.display}' does not support field selection")
    return t.DYN


def qualified_name(node: Node) -> str:
    """Give `a.b.c` for a chain of plain selects on a name, else an empty string."""
    fields: list[str] = []
    while isinstance(node, Select):
        if node.test_only:
            return ""
        fields.append(node.field)
        node = node.operand
    if not isinstance(node, Ident):
        return ""
    fields.append(node.name)
    return ".".join(reversed(fields))
