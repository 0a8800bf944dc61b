"""Lists, maps and messages as they are written."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from policy_engine.cel import types as t
from policy_engine.cel.checker.checked import Reference
from policy_engine.cel.checker.selections import declared_field
from policy_engine.cel.syntax.tree import FieldInit, ListLiteral, MapEntry, MapLiteral, Node, StructLiteral
from policy_engine.cel.types import Kind, Type

if TYPE_CHECKING:
    from policy_engine.cel.checker.check import Checker


def check_list(checker: Checker, node: ListLiteral) -> Node:
    """Check `[a, ?b]`."""
    element: Type | None = None
    elements = []
    for index, child in enumerate(node.elements):
        checked = checker.visit(child)
        elements.append(checked)
        type_ = checker.types[checked.id]
        if index in node.optional_indices:
            type_ = checker.unwrap_optional(checked, type_)
        element = checker.join(element, type_)
    checker.types[node.id] = t.list_of(element or checker.free_type())
    return ListLiteral(node.id, node.offset, tuple(elements), node.optional_indices)


def check_map(checker: Checker, node: MapLiteral) -> Node:
    """Check `{a: b, ?c: d}`."""
    key_type: Type | None = None
    value_type: Type | None = None
    entries: list[MapEntry] = []
    for entry in node.entries:
        key = checker.visit(entry.key)
        key_type = checker.join(key_type, checker.types[key.id])
        value = checker.visit(entry.value)
        type_ = checker.types[value.id]
        if entry.optional:
            type_ = checker.unwrap_optional(value, type_)
        value_type = checker.join(value_type, type_)
        entries.append(MapEntry(entry.id, entry.offset, key, value, entry.optional))
    if key_type is None or value_type is None:
        key_type, value_type = checker.free_type(), checker.free_type()
    checker.types[node.id] = t.map_of(key_type, value_type)
    return MapLiteral(node.id, node.offset, tuple(entries))


def check_struct(checker: Checker, node: StructLiteral) -> Node:
    """Check `google.protobuf.Duration{...}`."""
    found = checker.find(node.type_name)
    if found is None:
        checker.undeclared(node.id, node.type_name, checker.declarations.structs)
        checker.types[node.id] = t.ERROR
        return node
    type_, reference = found
    checker.references[node.id] = Reference(name=reference.name)
    result = _struct_type(checker, node, type_, reference)
    checker.types[node.id] = result
    fields: list[FieldInit] = []
    for init in node.fields:
        value = checker.visit(init.value)
        fields.append(replace(init, value=value))
        wanted = declared_field(checker, init.id, reference.name, init.name)
        given = checker.types[value.id]
        if init.optional:
            given = checker.unwrap_optional(value, given)
        if not checker.substitutions.assign(wanted, given):
            checker.issue(
                init.id,
                f"expected type of field '{init.name}' is '{wanted.display}' "
                f"but provided type is '{given.display}'",
            )
    return replace(node, type_name=reference.name, fields=tuple(fields))


def _struct_type(checker: Checker, node: StructLiteral, type_: Type, reference: Reference) -> Type:
    if type_.kind is Kind.ERROR:
        return t.ERROR
    if type_.kind is not Kind.TYPE:
        checker.issue(node.id, f"'{type_.name}' is not a type")
        return t.ERROR
    if reference.name in checker.declarations.structs:
        return type_.params[0]
    checker.issue(node.id, f"'{type_.params[0].name}' is not a message type")
    return t.ERROR
