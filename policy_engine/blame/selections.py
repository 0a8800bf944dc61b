"""What a tree selects: `object.spec.containers[0].?image` as a path from the name it starts with."""

from __future__ import annotations

from collections.abc import Callable

from policy_engine.cel.syntax.tree import Call, Literal, Node, Select
from policy_engine.field_paths import FieldPath
from policy_engine.records import record

_INDEX = frozenset({"_[_]", "_[?_]"})
_OPTIONAL_SELECT = "_?._"

Constant = Callable[[Node], str | int | None]


@record
class Selection:
    """A chain of selections.

    base: what it starts from, not itself a selection. path: up to the first index that is no constant.
    indices: those that are no constants.
    """

    base: Node
    path: FieldPath
    indices: tuple[Node, ...]


def literal(node: Node) -> str | int | None:
    """Give a constant's value where it can be a key or an index."""
    if isinstance(node, Literal) and (node.value.__class__ is str or node.value.__class__ is int):
        assert isinstance(node.value, str | int)
        return node.value
    return None


def selection(node: Node, constant: Constant = literal) -> Selection:
    """Follow selections down to what they start from; of any other node that is the node itself.

    constant: gives the value of an index, or None where it cannot be told.
    """
    segments: list[str | int] = []
    indices: list[Node] = []
    while True:
        segment: str | int | None
        if isinstance(node, Select):
            segments.append(node.field)
            node = node.operand
        elif isinstance(node, Call) and node.function in _INDEX and len(node.args) == 2:
            segment = constant(node.args[1])
            if segment is None:
                indices.append(node.args[1])
                segments.clear()
            else:
                segments.append(segment)
            node = node.args[0]
        elif isinstance(node, Call) and node.function == _OPTIONAL_SELECT and len(node.args) == 2:
            segment = literal(node.args[1])
            if segment is None:
                break
            segments.append(segment)
            node = node.args[0]
        else:
            break
    return Selection(node, tuple(reversed(segments)), tuple(indices))
