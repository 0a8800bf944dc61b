"""The type checker: gives every node a type, or says why it has none.

It decides as Kubernetes does; what it lets through, validators.py may still refuse.
Source: cel-go checker/checker.go and checker/errors.go, whose messages users know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from policy_engine.cel import types as t
from policy_engine.cel.checker.checked import CheckedExpression, Reference
from policy_engine.cel.checker.declarations import Declarations
from policy_engine.cel.checker.spelling import closest
from policy_engine.cel.checker.unification import Substitutions, is_exact, most_general
from policy_engine.cel.errors import Issue
from policy_engine.cel.libraries.declare import Overload
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    FieldInit,
    Ident,
    ListLiteral,
    Literal,
    MapEntry,
    MapLiteral,
    Node,
    ParsedExpression,
    Select,
    StructLiteral,
)
from policy_engine.cel.types import Kind, Type
from policy_engine.cel.values.numbers import UInt

_LITERAL_TYPES: dict[type, Type] = {
    bool: t.BOOL,
    int: t.INT,
    UInt: t.UINT,
    float: t.DOUBLE,
    str: t.STRING,
    bytes: t.BYTES,
    type(None): t.NULL,
}

# The one enumeration that Kubernetes' environment knows. Source: cel-go common/types/pb.
_CONSTANTS = {"google.protobuf.NullValue.NULL_VALUE": 0}


def check(parsed: ParsedExpression, declarations: Declarations) -> tuple[CheckedExpression, list[Issue]]:
    """Type an expression. The checked expression may only be used where there are no issues."""
    checker = _Checker(parsed, declarations)
    root = checker.visit(parsed.root)
    resolve = checker.substitutions.resolve
    types = {id_: resolve(type_, free_to_dyn=True) for id_, type_ in checker.types.items()}
    checked = CheckedExpression(
        source=parsed.source,
        root=root,
        types=types,
        references=checker.references,
        macro_calls=parsed.macro_calls,
        offsets=parsed.offsets,
        type=types[root.id],
    )
    return checked, checker.issues


class _Checker:
    def __init__(self, parsed: ParsedExpression, declarations: Declarations) -> None:
        self.declarations = declarations
        self.offsets = parsed.offsets
        self.types: dict[int, Type] = {}
        self.references: dict[int, Reference] = {}
        self.issues: list[Issue] = []
        self.substitutions = Substitutions()
        self._scopes: list[dict[str, Type]] = []
        self._free_types = 0

    # One method a kind of node; each returns the node with its names resolved.

    def visit(self, node: Node) -> Node:
        match node:
            case Literal():
                self.types[node.id] = _LITERAL_TYPES[node.value.__class__]
                return node
            case Ident():
                return self._ident(node)
            case Select():
                return self._select(node)
            case Call():
                return self._call(node)
            case Comprehension():
                return self._comprehension(node)
            case ListLiteral():
                return self._list(node)
            case MapLiteral():
                return self._map(node)
            case StructLiteral():
                return self._struct(node)

    def _ident(self, node: Ident) -> Node:
        found = self._find(node.name)
        if found is None:
            self.types[node.id] = t.ERROR
            self._undeclared(node.id, node.name, self._names_in_scope())
            return node
        self.types[node.id], reference = found
        self.references[node.id] = reference
        return node if node.name == reference.name else replace(node, name=reference.name)

    def _select(self, node: Select) -> Node:
        qualified = _qualified_name(node)
        if qualified:
            found = self._find(qualified)
            if found is None and qualified in _CONSTANTS:
                self.types[node.id] = t.INT
                return Literal(node.id, node.offset, _CONSTANTS[qualified])
            if found is not None:
                self.types[node.id], reference = found
                self.references[node.id] = reference
                return Ident(node.id, node.offset, reference.name)
        operand = self.visit(node.operand)
        type_ = self._field(node.id, operand, node.field, optional=False)
        self.types[node.id] = t.BOOL if node.test_only else self.substitutions.resolve(type_)
        return Select(node.id, node.offset, operand, node.field, node.test_only)

    def _field(self, id_: int, operand: Node, field: str, *, optional: bool) -> Type:
        target = self.substitutions.resolve(self.types[operand.id])
        unwrapped = target.params[0] if t.is_optional(target) else target
        type_ = self._field_of(id_, unwrapped, field)
        return t.optional_of(type_) if optional or unwrapped is not target else type_

    def _field_of(self, id_: int, target: Type, field: str) -> Type:
        if target.kind is Kind.MAP:
            return target.params[1]
        if target.kind is Kind.STRUCT:
            return self._declared_field(id_, target.name, field)
        if target.kind is Kind.TYPE_PARAM:
            self.substitutions.assign(t.DYN, target)
        elif target.kind not in (Kind.DYN, Kind.ANY, Kind.ERROR):
            self._issue(id_, f"type '{target.display}' does not support field selection")
        return t.DYN

    def _declared_field(self, id_: int, struct: str, field: str) -> Type:
        fields = self.declarations.structs.get(struct)
        if fields is None:
            self._issue(id_, f"unexpected failed resolution of '{struct}'")
            return t.ERROR
        type_ = fields.get(field)
        if type_ is None:
            self._issue(id_, f"undefined field '{field}'", suggestion=closest(field, fields))
            return t.ERROR
        return type_

    def _call(self, node: Call) -> Node:
        if node.function == "_?._":
            return self._optional_select(node)
        args = tuple([self.visit(arg) for arg in node.args])
        if node.target is None:
            return self._global_call(node, args, node.function)
        prefix = _qualified_name(node.target)
        if prefix and f"{prefix}.{node.function}".lstrip(".") in self.declarations.functions:
            # `ip.isCanonical(x)`: a function of that full name wins over a method of a value named `ip`.
            return self._global_call(node, args, f"{prefix}.{node.function}")
        target = self.visit(node.target)
        node = Call(node.id, node.offset, node.function, args, target)
        overloads = self.declarations.functions.get(node.function)
        if overloads is None:
            self.types[node.id] = t.ERROR
            self._undeclared(node.id, node.function, self.declarations.functions)
        else:
            self._resolve(node, overloads, (target, *args))
        return node

    def _global_call(self, node: Call, args: tuple[Node, ...], name: str) -> Node:
        function = name.removeprefix(".")
        node = Call(node.id, node.offset, function, args)
        overloads = self.declarations.functions.get(function)
        if overloads is None:
            self.types[node.id] = t.ERROR
            self._undeclared(node.id, name, self.declarations.functions)
        else:
            self._resolve(node, overloads, args)
        return node

    def _optional_select(self, node: Call) -> Node:
        if len(node.args) != 2 or node.target is not None:
            style = " member call with" if node.target is not None else ""
            self._issue(
                node.id,
                f"unsupported optional field selection: incorrect signature.{style} "
                f"argument count: {len(node.args)}",
            )
            self.types[node.id] = t.ERROR
            return node
        field = node.args[1]
        if not isinstance(field, Literal) or not isinstance(field.value, str):
            self._issue(field.id, "unsupported optional field selection")
            self.types[node.id] = t.ERROR
            return node
        operand = self.visit(node.args[0])
        self.types[field.id] = t.STRING
        type_ = self._field(node.id, operand, field.value, optional=True)
        self.types[node.id] = self.substitutions.resolve(type_)
        self.references[node.id] = Reference(overloads=self.declarations.functions.get("_?._", ()))
        return Call(node.id, node.offset, node.function, (operand, field))

    def _resolve(self, call: Call, overloads: tuple[Overload, ...], args: tuple[Node, ...]) -> None:
        """Find the overloads that take the arguments, and the call's type: dyn where they differ."""
        arg_types = tuple([self.types[arg.id] for arg in args])
        is_member = call.target is not None
        matching: list[Overload] = []
        result: Type | None = None
        for overload in overloads:
            if overload.member is not is_member:
                continue
            if overload.function in ("_&&_", "_||_"):
                self._logical(call, overload, arg_types)
                return
            if len(overload.params) != len(arg_types):
                continue
            params, overload_result = self._instantiate(overload)
            if not self.substitutions.assign_all(arg_types, params):
                continue
            matching.append(overload)
            resolved = self.substitutions.resolve(overload_result)
            if result is None:
                result = resolved
            elif not t.is_dyn(result) and not is_exact(resolved, result):
                result = t.DYN
        if result is None:
            self.types[call.id] = t.ERROR
            self._no_overload(call, overloads, arg_types)
            return
        self.types[call.id] = result
        self.references[call.id] = Reference(overloads=tuple(matching))

    def _logical(self, call: Call, overload: Overload, arg_types: tuple[Type, ...]) -> None:
        self.types[call.id] = t.BOOL
        for arg, type_ in zip(call.args, arg_types, strict=True):
            if not self.substitutions.assign(type_, t.BOOL):
                self._mismatch(arg.id, t.BOOL, type_)
                self.types[call.id] = t.ERROR
        if self.types[call.id] is t.BOOL:
            self.references[call.id] = Reference(overloads=(overload,))

    def _instantiate(self, overload: Overload) -> tuple[tuple[Type, ...], Type]:
        """Give an overload's types with fresh type variables for its type parameters."""
        if not overload.is_generic:
            return overload.params, overload.result
        names: dict[str, Type] = {}
        result = self._freshen(overload.result, names)  # first, as in cel-go: messages show the numbers
        return tuple([self._freshen(p, names) for p in overload.params]), result

    def _freshen(self, type_: Type, names: dict[str, Type]) -> Type:
        if type_.kind is Kind.TYPE_PARAM:
            if type_.name not in names:
                names[type_.name] = self._free_type()
            return names[type_.name]
        if not type_.params:
            return type_
        params = tuple([self._freshen(p, names) for p in type_.params])
        return Type(type_.kind, type_.name, params) if params != type_.params else type_

    def _list(self, node: ListLiteral) -> Node:
        element: Type | None = None
        elements = []
        for index, child in enumerate(node.elements):
            checked = self.visit(child)
            elements.append(checked)
            type_ = self.types[checked.id]
            if index in node.optional_indices:
                type_ = self._unwrap_optional(checked, type_)
            element = self._join(element, type_)
        self.types[node.id] = t.list_of(element or self._free_type())
        return ListLiteral(node.id, node.offset, tuple(elements), node.optional_indices)

    def _map(self, node: MapLiteral) -> Node:
        key_type: Type | None = None
        value_type: Type | None = None
        entries: list[MapEntry] = []
        for entry in node.entries:
            key = self.visit(entry.key)
            key_type = self._join(key_type, self.types[key.id])
            value = self.visit(entry.value)
            type_ = self.types[value.id]
            if entry.optional:
                type_ = self._unwrap_optional(value, type_)
            value_type = self._join(value_type, type_)
            entries.append(MapEntry(entry.id, entry.offset, key, value, entry.optional))
        if key_type is None or value_type is None:
            key_type, value_type = self._free_type(), self._free_type()
        self.types[node.id] = t.map_of(key_type, value_type)
        return MapLiteral(node.id, node.offset, tuple(entries))

    def _struct(self, node: StructLiteral) -> Node:
        found = self._find(node.type_name)
        if found is None:
            self._undeclared(node.id, node.type_name, self.declarations.structs)
            self.types[node.id] = t.ERROR
            return node
        type_, reference = found
        self.references[node.id] = Reference(name=reference.name)
        result = self._struct_type(node, type_, reference)
        self.types[node.id] = result
        fields: list[FieldInit] = []
        for init in node.fields:
            value = self.visit(init.value)
            fields.append(replace(init, value=value))
            wanted = self._declared_field(init.id, reference.name, init.name)
            given = self.types[value.id]
            if init.optional:
                given = self._unwrap_optional(value, given)
            if not self.substitutions.assign(wanted, given):
                self._issue(
                    init.id,
                    f"expected type of field '{init.name}' is '{wanted.display}' "
                    f"but provided type is '{given.display}'",
                )
        return replace(node, type_name=reference.name, fields=tuple(fields))

    def _struct_type(self, node: StructLiteral, type_: Type, reference: Reference) -> Type:
        if type_.kind is Kind.ERROR:
            return t.ERROR
        if type_.kind is not Kind.TYPE:
            self._issue(node.id, f"'{type_.name}' is not a type")
            return t.ERROR
        if reference.name in self.declarations.structs:
            return type_.params[0]
        self._issue(node.id, f"'{type_.params[0].name}' is not a message type")
        return t.ERROR

    def _comprehension(self, node: Comprehension) -> Node:
        iter_range = self.visit(node.iter_range)
        accu_init = self.visit(node.accu_init)
        range_type = self.substitutions.resolve(self.types[iter_range.id])
        accu_type = self.types[accu_init.id]
        first, second = self._iteration_types(node, iter_range, range_type)
        self._scopes.append({node.accu_var: accu_type})
        self._scopes.append({node.iter_var: first})
        if node.iter_var2:
            self._scopes[-1][node.iter_var2] = second
        condition = self.visit(node.loop_condition)
        self._assert_type(condition, t.BOOL)
        step = self.visit(node.loop_step)
        self._assert_type(step, accu_type)
        self._scopes.pop()
        result = self.visit(node.result)
        self._scopes.pop()
        self.types[node.id] = self.substitutions.resolve(self.types[result.id])
        return Comprehension(
            node.id,
            node.offset,
            iter_range,
            node.iter_var,
            node.iter_var2,
            node.accu_var,
            accu_init,
            condition,
            step,
            result,
        )

    def _iteration_types(self, node: Comprehension, iter_range: Node, type_: Type) -> tuple[Type, Type]:
        """Give the types of the one or two iteration variables."""
        if type_.kind is Kind.LIST:
            return (t.INT, type_.params[0]) if node.iter_var2 else (type_.params[0], t.ERROR)
        if type_.kind is Kind.MAP:
            return type_.params[0], type_.params[1]
        if type_.kind in (Kind.DYN, Kind.ERROR, Kind.TYPE_PARAM):
            self.substitutions.assign(t.DYN, type_)
            return t.DYN, t.DYN
        self._issue(
            iter_range.id,
            f"expression of type '{type_.display}' cannot be range of a comprehension "
            "(must be list, map, or dynamic)",
        )
        return t.ERROR, t.ERROR

    # What the methods above share.

    def _find(self, name: str) -> tuple[Type, Reference] | None:
        name = name.removeprefix(".")
        for scope in reversed(self._scopes):
            type_ = scope.get(name)
            if type_ is not None:
                return type_, Reference(name=name)
        return self.declarations.find(name)

    def _names_in_scope(self) -> list[str]:
        local = [name for scope in self._scopes for name in scope if not name.startswith("__")]
        return [*local, *self.declarations.names()]

    def _join(self, previous: Type | None, current: Type) -> Type:
        """Give the type of elements seen so far. Mixed ones are dyn here; a validator refuses them."""
        if previous is None:
            return current
        if self.substitutions.assign(previous, current):
            return most_general(previous, current)
        return t.DYN

    def _unwrap_optional(self, node: Node, type_: Type) -> Type:
        if t.is_optional(type_):
            return type_.params[0]
        if not t.is_dyn(type_):
            self._mismatch(node.id, t.optional_of(type_), type_)
        return type_

    def _assert_type(self, node: Node, wanted: Type) -> None:
        if not self.substitutions.assign(wanted, self.types[node.id]):
            self._mismatch(node.id, wanted, self.types[node.id])

    def _free_type(self) -> Type:
        self._free_types += 1
        return t.type_param(f"_var{self._free_types - 1}")

    def _no_overload(self, call: Call, overloads: tuple[Overload, ...], arg_types: tuple[Type, ...]) -> None:
        shown = [self.substitutions.resolve(type_, free_to_dyn=True).display for type_ in arg_types]
        receiver = f"{shown.pop(0)}." if call.target is not None else ""
        function = overloads[0].function
        self._issue(
            call.id,
            f"found no matching overload for '{function}' applied to '{receiver}({', '.join(shown)})'",
        )

    def _undeclared(self, id_: int, name: str, known: Iterable[str]) -> None:
        self._issue(
            id_,
            f"undeclared reference to '{name}' (in container '')",
            suggestion=closest(name, [c for c in known if not c.startswith(("_", "@", "!"))]),
        )

    def _mismatch(self, id_: int, expected: Type, found: Type) -> None:
        self._issue(id_, f"expected type '{expected.display}' but found '{found.display}'")

    def _issue(self, id_: int, message: str, *, suggestion: str = "") -> None:
        self.issues.append(Issue(message=message, offset=self.offsets.get(id_, -1), suggestion=suggestion))


def _qualified_name(node: Node) -> str:
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
