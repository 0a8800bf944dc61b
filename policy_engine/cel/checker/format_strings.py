"""Format strings whose clauses do not fit the arguments written beside them.

Source: cel-go ext/formatting.go, stringFormatValidator.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policy_engine.cel.checker.checked import CheckedExpression
from policy_engine.cel.errors import Issue
from policy_engine.cel.libraries.string_format import Clause, FormatError, interpolate
from policy_engine.cel.syntax.tree import Call, ListLiteral, Literal, MapLiteral, Node
from policy_engine.cel.syntax.walk import children
from policy_engine.cel.types import Kind


def validate_format_strings(checked: CheckedExpression, nodes: Sequence[Node]) -> Iterator[Issue]:
    """Give the findings on `'...'.format([...])`, where both are written out; nodes: of the whole tree."""
    for node in nodes:
        match node:
            case Call(function="format", target=Literal(value=str(text)), args=(ListLiteral(elements=args),)):
                yield from _check(checked, node, text, args)


def _check(checked: CheckedExpression, call: Node, text: str, args: Sequence[Node]) -> Iterator[Issue]:
    used = 0
    place: Node = call

    def replace(index: int, clause: Clause) -> str:
        nonlocal used, place
        used = index + 1
        unfit = _unfit_part(checked, args[index], clause)
        if unfit is not None:
            place = unfit
            raise FormatError(clause.verb.refusal + checked.types[unfit.id].name)
        return ""

    try:
        interpolate(text, len(args), replace, static=True)
    except FormatError as error:
        yield Issue(message=error.message, offset=place.offset)
        return
    if len(args) > used:
        message = f"too many arguments supplied to string.format (expected {used}, got {len(args)})"
        yield Issue(message=message, offset=call.offset)


def _unfit_part(checked: CheckedExpression, argument: Node, clause: Clause) -> Node | None:
    """Give the argument, or what of a list or map literal, the clause cannot take; None if all is well."""
    stack = [argument]
    while stack:
        node = stack.pop()
        kind = checked.types[node.id].kind
        if kind is not Kind.DYN and kind not in clause.verb.kinds:
            return node
        if clause.letter == "s" and isinstance(node, ListLiteral | MapLiteral):
            stack.extend(reversed(children(node)))
    return None
