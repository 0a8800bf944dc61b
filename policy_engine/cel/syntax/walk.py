"""Go through a tree without recursion: trees may be deeper than Python's stack."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)


def children(node: Node) -> Sequence[Node]:
    """Give the nodes directly under a node, in the order they are written."""
    match node:
        case Literal() | Ident():
            return ()
        case Select():
            return (node.operand,)
        case Call():
            return node.args if node.target is None else (node.target, *node.args)
        case ListLiteral():
            return node.elements
        case MapLiteral():
            return [child for entry in node.entries for child in (entry.key, entry.value)]
        case StructLiteral():
            return [field.value for field in node.fields]
        case Comprehension():
            return (node.iter_range, node.accu_init, node.loop_condition, node.loop_step, node.result)


def preorder(root: Node) -> list[Node]:
    """Give all nodes of a tree, each before those under it. Reversed, each comes after those under it."""
    nodes: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        nodes.append(node)
        stack.extend(reversed(children(node)))
    return nodes


def postorder(root: Node) -> list[Node]:
    """Give all nodes of a tree, each after those under it, in the order they are written."""
    nodes: list[Node] = []
    stack = [root]
    while stack:
        node = stack.pop()
        nodes.append(node)
        stack.extend(children(node))
    nodes.reverse()
    return nodes


def copy_tree(root: Node, new_id: Callable[[int], int]) -> Node:
    """Copy a tree; new_id gives the id of a node at an offset."""
    nodes = preorder(root)
    ids = {node.id: new_id(node.offset) for node in nodes}
    copies: dict[int, Node] = {}
    for node in reversed(nodes):
        under = [copies[child.id] for child in children(node)]
        copies[node.id] = _with_children(node, ids[node.id], under, new_id)
    return copies[root.id]


def _with_children(node: Node, node_id: int, under: Sequence[Node], new_id: Callable[[int], int]) -> Node:
    match node:
        case Literal() | Ident():
            return replace(node, id=node_id)
        case Select():
            return replace(node, id=node_id, operand=under[0])
        case Call(target=None):
            return replace(node, id=node_id, args=tuple(under))
        case Call():
            return replace(node, id=node_id, target=under[0], args=tuple(under[1:]))
        case ListLiteral():
            return replace(node, id=node_id, elements=tuple(under))
        case MapLiteral():
            pairs = zip(node.entries, under[::2], under[1::2], strict=True)
            entries = tuple(replace(e, id=new_id(e.offset), key=k, value=v) for e, k, v in pairs)
            return replace(node, id=node_id, entries=entries)
        case StructLiteral():
            values = zip(node.fields, under, strict=True)
            return replace(
                node, id=node_id, fields=tuple(replace(f, id=new_id(f.offset), value=v) for f, v in values)
            )
        case Comprehension():
            iter_range, accu_init, loop_condition, loop_step, result = under
            return replace(
                node,
                id=node_id,
                iter_range=iter_range,
                accu_init=accu_init,
                loop_condition=loop_condition,
                loop_step=loop_step,
                result=result,
            )
