"""What the checker gives: the tree with every name resolved and every node typed."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.cel.libraries.declare import Overload
from policy_engine.cel.source import Source
from policy_engine.cel.syntax.tree import Call, Node
from policy_engine.cel.types import Type
from policy_engine.records import record


@record
class Reference:
    """What a name or call means.

    name: identifiers: the full name. overloads: calls: each that the argument types allow, in the order declared.
    type_value: identifiers that name a type (`int`, `net.IP`): that type.
    """

    name: str = ""
    overloads: tuple[Overload, ...] = ()
    type_value: Type | None = None


@record(kw_only=True)
class CheckedExpression:
    """A tree that is ready to be evaluated.

    root: qualified names are single `Ident`s, namespaced functions are calls without a target.
    types: node id -> static type, no type parameters left. references: by node id.
    """

    source: Source
    root: Node
    types: Mapping[int, Type]
    references: Mapping[int, Reference]
    macro_calls: Mapping[int, Call]
    offsets: Mapping[int, int]
    type: Type
