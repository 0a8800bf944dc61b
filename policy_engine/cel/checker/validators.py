"""Literals that could never work: cel-go's AST validators, as Kubernetes switches them on.

Source: cel-go cel/validator.go; apiserver pkg/cel/environment/base.go says since when.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from policy_engine.cel.checker.checked import CheckedExpression
from policy_engine.cel.checker.format_strings import validate_format_strings
from policy_engine.cel.errors import EvaluationError, Issue
from policy_engine.cel.libraries import regexp
from policy_engine.cel.libraries.declare import Version
from policy_engine.cel.syntax.tree import Call, ListLiteral, Literal, MapLiteral, Node
from policy_engine.cel.syntax.walk import children, postorder
from policy_engine.cel.types import DYN, Kind, Type
from policy_engine.cel.values.typing import matches

LITERALS_CHECKED_SINCE: Final = Version(1, 29)
_ARGUMENTS_CHECKED: Final = ("duration", "timestamp", "matches")
_MAY_MIX: Final = "format"  # lists and maps anywhere under a call of this need not be homogeneous


def validate(checked: CheckedExpression, *, version: Version) -> list[Issue]:
    """Give the findings, validator by validator."""
    nodes = postorder(checked.root)
    issues = list(_mixed_literals(checked, nodes))
    if version >= LITERALS_CHECKED_SINCE:
        for function in _ARGUMENTS_CHECKED:
            issues.extend(_bad_arguments(checked, nodes, function))
        issues.extend(validate_format_strings(checked, nodes))
    return issues


def _mixed_literals(checked: CheckedExpression, nodes: Sequence[Node]) -> Iterator[Issue]:
    lists = [node for node in nodes if isinstance(node, ListLiteral)]
    maps = [node for node in nodes if isinstance(node, MapLiteral)]
    if not lists and not maps:
        return
    exempt = _ids_under(_MAY_MIX, nodes)
    for list_ in lists:
        if list_.id not in exempt:
            yield from _mixed_list(checked, list_)
    for map_ in maps:
        if map_.id not in exempt:
            yield from _mixed_map(checked, map_)


def _ids_under(function: str, nodes: Sequence[Node]) -> set[int]:
    """Give the ids of all nodes under calls of a function; nodes: in postorder."""
    ids: set[int] = set()
    for node in reversed(nodes):
        if node.id in ids or (isinstance(node, Call) and node.function == function):
            ids.update(child.id for child in children(node))
    return ids


def _mixed_list(checked: CheckedExpression, literal: ListLiteral) -> Iterator[Issue]:
    expected: Type | None = None
    for index, element in enumerate(literal.elements):
        found = checked.types[element.id]
        if index in literal.optional_indices:
            found = _inner(found)
        if expected is None:
            expected = found
        elif not _is_equivalent(expected, found):
            yield _mismatch(expected, found, element)
            return


def _mixed_map(checked: CheckedExpression, literal: MapLiteral) -> Iterator[Issue]:
    expected: tuple[Type, Type] | None = None
    for entry in literal.entries:
        key, value = checked.types[entry.key.id], checked.types[entry.value.id]
        if entry.optional:
            value = _inner(value)
        if expected is None:
            expected = key, value
            continue
        if not _is_equivalent(expected[0], key):
            yield _mismatch(expected[0], key, entry.key)
        if not _is_equivalent(expected[1], value):
            yield _mismatch(expected[1], value, entry.value)


def _inner(optional: Type) -> Type:
    return optional.params[0] if optional.params else DYN


def _is_equivalent(left: Type, right: Type) -> bool:
    """Tell whether two types are one; the names of type parameters do not matter."""
    return left is right or (
        left.kind is right.kind
        and (left.kind is Kind.TYPE_PARAM or left.name == right.name)
        and len(left.params) == len(right.params)
        and all(map(_is_equivalent, left.params, right.params))
    )


def _mismatch(expected: Type, found: Type, node: Node) -> Issue:
    message = f"expected type '{expected.display}' but found '{found.display}'"
    return Issue(message=message, offset=node.offset)


def _bad_arguments(checked: CheckedExpression, nodes: Sequence[Node], function: str) -> Iterator[Issue]:
    """Try out calls whose first argument is a literal. In `matches(s, re)` that is the text, as in cel-go."""
    for node in nodes:
        if isinstance(node, Call) and node.function == function and node.args:
            argument = node.args[0]
            if isinstance(argument, Literal) and not _works(checked, node, argument):
                yield Issue(message=f"invalid {function} argument", offset=argument.offset)


def _works(checked: CheckedExpression, call: Call, argument: Literal) -> bool:
    try:
        if call.function == "matches":
            regexp.compile(str(argument.value))
        else:
            overloads = checked.references[call.id].overloads
            takes = [o for o in overloads if o.implementation and matches(o.params[0], argument.value)]
            if overloads and not takes:
                return False  # `timestamp(null)`: to the checker, null is a timestamp
            for overload in takes:
                assert overload.implementation is not None
                overload.implementation(argument.value)
    except EvaluationError:
        return False
    return True
