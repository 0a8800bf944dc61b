"""Which field of an object an expression is about: where a finding points, since policies do not say.

The expression's tree is read, not its outcome: the fields of `object` that it selects, through variables too.
Where they have one common path, that is the place; an expression about several fields is about what holds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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

FieldPath = tuple[str | int, ...]

_INDEX = frozenset({"_[_]", "_[?_]"})
_OPTIONAL_SELECT = "_?._"
# What guards of expressions ask for, and what an object is hardly ever denied for.
_GUARDS: frozenset[FieldPath] = frozenset({("kind",), ("apiVersion",)})


def blamed_field(expression: Node, variables: Mapping[str, Node]) -> FieldPath:
    """Give the path in the object that an expression is about; empty where that is the object as a whole.

    variables: the policy's variables that have a tree.
    """
    paths = _paths(expression, variables, frozenset())
    paths = paths - _GUARDS or paths
    farthest = [path for path in paths if not any(_is_inside(other, path) for other in paths)]
    return _common(farthest)


def render_path(path: FieldPath) -> str:
    """Write a field path as Kubernetes does: `spec.containers[0].image`, `metadata.labels[app.io/name]`."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        elif segment.replace("_", "a").isalnum():
            text += f".{segment}" if text else segment
        else:
            text += f"[{segment}]"
    return text


def _is_inside(path: FieldPath, outer: FieldPath) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def _common(paths: Iterable[FieldPath]) -> FieldPath:
    common: FieldPath | None = None
    for path in paths:
        if common is None:
            common = path
            continue
        same = 0
        while same < min(len(common), len(path)) and common[same] == path[same]:
            same += 1
        common = common[:same]
    return common or ()


def _paths(root: Node, variables: Mapping[str, Node], open_variables: frozenset[str]) -> set[FieldPath]:
    """Collect the paths of `object` that a tree selects."""
    found: set[FieldPath] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        base, path, others = _chain(node)
        waiting.extend(others)
        if base is node:
            waiting.extend(_children(node))
            continue
        if isinstance(base, Ident):
            if base.name == "object":
                found.add(path)
            elif base.name == "variables" and path:
                found |= _through_variable(path, variables, open_variables)
        else:
            waiting.append(base)
    return found


def _through_variable(
    path: FieldPath, variables: Mapping[str, Node], open_variables: frozenset[str]
) -> set[FieldPath]:
    """Give the paths of a variable's expression; one that is a plain path is continued by what follows."""
    name = str(path[0])
    tree = variables.get(name)
    if tree is None or name in open_variables:
        return set()
    inner = open_variables | {name}
    base, start, _ = _chain(tree)
    if isinstance(base, Ident) and base.name == "object":
        return {start + path[1:]}
    if isinstance(base, Ident) and base.name == "variables" and start:
        return _through_variable(start + path[1:], variables, inner)
    return _paths(tree, variables, inner)


def _chain(node: Node) -> tuple[Node, FieldPath, list[Node]]:
    """Follow selections down to what they start from: that, the path, and indices that are no constants.

    A path ends at such an index: which item is meant, the tree does not say.
    """
    segments: list[str | int] = []
    others: list[Node] = []
    while True:
        segment: str | int | None
        if isinstance(node, Select):
            segment, inner = node.field, node.operand
        elif isinstance(node, Call) and node.function in _INDEX and len(node.args) == 2:
            inner = node.args[0]
            segment = _constant(node.args[1])
            if segment is None:
                others.append(node.args[1])
                segments.clear()
                node = inner
                continue
        elif isinstance(node, Call) and node.function == _OPTIONAL_SELECT and len(node.args) == 2:
            inner, segment = node.args[0], _constant(node.args[1])
            if segment is None:
                break
        else:
            break
        segments.append(segment)
        node = inner
    return node, tuple(reversed(segments)), others


def _constant(node: Node) -> str | int | None:
    if isinstance(node, Literal) and (node.value.__class__ is str or node.value.__class__ is int):
        assert isinstance(node.value, str | int)
        return node.value
    return None


def _children(node: Node) -> list[Node]:
    if isinstance(node, Call):
        return [*node.args, node.target] if node.target is not None else list(node.args)
    if isinstance(node, Select):
        return [node.operand]
    if isinstance(node, ListLiteral):
        return list(node.elements)
    if isinstance(node, MapLiteral):
        return [part for entry in node.entries for part in (entry.key, entry.value)]
    if isinstance(node, StructLiteral):
        return [field.value for field in node.fields]
    if isinstance(node, Comprehension):
        return [node.iter_range, node.accu_init, node.loop_condition, node.loop_step, node.result]
    return []
