"""The type checker: gives every node a type, or says why it has none.

It decides as Kubernetes does; what it lets through, validators.py may still refuse. The other modules hold what
one kind of node takes: each function gives the node's type to the checker, and returns the node with its names
resolved.
Source: cel-go checker/checker.go and checker/errors.go, whose messages users know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from policy_engine.cel import types as t
from policy_engine.cel.checker import calls, comprehensions, literals, selections
from policy_engine.cel.checker.checked import CheckedExpression, Reference
from policy_engine.cel.checker.declarations import Declarations
from policy_engine.cel.checker.spelling import closest
from policy_engine.cel.checker.unification import Substitutions, most_general
from policy_engine.cel.errors import Issue
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    ParsedExpression,
    Select,
    StructLiteral,
)
from policy_engine.cel.types import Type
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


def check(parsed: ParsedExpression, declarations: Declarations) -> tuple[CheckedExpression, list[Issue]]:
    """Type an expression. The checked expression may only be used where there are no issues."""
    checker = Checker(parsed, declarations)
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


class Checker:
    """Holds what is known of one expression while it is checked, and everything found wrong with it."""

    def __init__(self, parsed: ParsedExpression, declarations: Declarations) -> None:
        self.declarations = declarations
        self.offsets = parsed.offsets
        self.types: dict[int, Type] = {}
        self.references: dict[int, Reference] = {}
        self.issues: list[Issue] = []
        self.substitutions = Substitutions()
        self.scopes: list[dict[str, Type]] = []
        self._free_types = 0

    def visit(self, node: Node) -> Node:
        """Give a node its type, and return it with its names resolved."""
        match node:
            case Literal():
                self.types[node.id] = _LITERAL_TYPES[node.value.__class__]
                return node
            case Ident():
                return self._ident(node)
            case Select():
                return selections.check_select(self, node)
            case Call():
                return calls.check_call(self, node)
            case Comprehension():
                return comprehensions.check_comprehension(self, node)
            case ListLiteral():
                return literals.check_list(self, node)
            case MapLiteral():
                return literals.check_map(self, node)
            case StructLiteral():
                return literals.check_struct(self, node)

    def _ident(self, node: Ident) -> Node:
        found = self.find(node.name)
        if found is None:
            self.types[node.id] = t.ERROR
            self.undeclared(node.id, node.name, self.names_in_scope())
            return node
        self.types[node.id], reference = found
        self.references[node.id] = reference
        return node if node.name == reference.name else replace(node, name=reference.name)

    def find(self, name: str) -> tuple[Type, Reference] | None:
        """Look up a name: in the comprehensions around, innermost first, then in the environment."""
        name = name.removeprefix(".")
        for scope in reversed(self.scopes):
            type_ = scope.get(name)
            if type_ is not None:
                return type_, Reference(name=name)
        return self.declarations.find(name)

    def names_in_scope(self) -> list[str]:
        """Give every name that could stand alone here, for suggestions."""
        local = [name for scope in self.scopes for name in scope if not name.startswith("__")]
        return [*local, *self.declarations.names()]

    def join(self, previous: Type | None, current: Type) -> Type:
        """Give the type of elements seen so far. Mixed ones are dyn here; a validator refuses them."""
        if previous is None:
            return current
        if self.substitutions.assign(previous, current):
            return most_general(previous, current)
        return t.DYN

    def unwrap_optional(self, node: Node, type_: Type) -> Type:
        """Give the type within an optional; find fault with what is none."""
        if t.is_optional(type_):
            return type_.params[0]
        if not t.is_dyn(type_):
            self.mismatch(node.id, t.optional_of(type_), type_)
        return type_

    def assert_type(self, node: Node, wanted: Type) -> None:
        """Find fault with a node whose type does not fit."""
        if not self.substitutions.assign(wanted, self.types[node.id]):
            self.mismatch(node.id, wanted, self.types[node.id])

    def free_type(self) -> Type:
        """Make a type parameter that nothing is known of."""
        self._free_types += 1
        return t.type_param(f"_var{self._free_types - 1}")

    def undeclared(self, id_: int, name: str, known: Iterable[str]) -> None:
        """Note that nothing has this name. known: what might have been meant."""
        self.issue(
            id_,
            f"undeclared reference to '{name}' (in container '')",
            suggestion=closest(name, [c for c in known if not c.startswith(("_", "@", "!"))]),
        )

    def mismatch(self, id_: int, expected: Type, found: Type) -> None:
        """Note that a type is not the one expected."""
        self.issue(id_, f"expected type '{expected.display}' but found '{found.display}'")

    def issue(self, id_: int, message: str, *, suggestion: str = "") -> None:
        """Note what is wrong at the place of a node."""
        self.issues.append(Issue(message=message, offset=self.offsets.get(id_, -1), suggestion=suggestion))
