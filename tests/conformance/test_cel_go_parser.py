"""Our parser beside cel-go's own: trees with ids and places, and every finding on malformed texts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_engine.cel.libraries import standard_macros, two_var_comprehensions
from policy_engine.cel.source import Source
from policy_engine.cel.syntax import SyntaxErrors, parse
from policy_engine.cel.syntax.tree import (
    Call,
    Comprehension,
    Constant,
    Ident,
    ListLiteral,
    Literal,
    MapLiteral,
    Node,
    Select,
    StructLiteral,
)
from policy_engine.cel.syntax.walk import children, postorder
from policy_engine.cel.values.doubles import format_shortest
from policy_engine.cel.values.numbers import UInt

RECORDED = Path(__file__).parent / "cel_go_parser" / "recorded.jsonl"
MACROS = standard_macros.LIBRARY.macros + two_var_comprehensions.LIBRARY.macros


def load() -> list[dict[str, object]]:
    return [json.loads(line) for line in RECORDED.read_text("utf-8").split("\n") if line]


def answer(text: str) -> dict[str, object]:
    source = Source(text)
    try:
        return {"tree": show(parse(source, MACROS).root)}
    except SyntaxErrors as refusal:
        places = [(issue.position(source), issue.message) for issue in refusal.issues]
        return {"errors": [f"{place.line}:{place.column}: {message}" for place, message in places]}


def show(root: Node) -> str:
    """Write a tree as the recording does, from its leaves up."""
    shown: dict[int, str] = {}
    for node in postorder(root):
        kind, detail = describe(node)
        parts = [kind, f"{node.id}@{node.offset}", detail, *(shown[child.id] for child in children(node))]
        shown[node.id] = f"({' '.join(parts)})"
    return shown[root.id]


def describe(node: Node) -> tuple[str, str]:
    match node:
        case Literal():
            return "literal", show_constant(node.value)
        case Ident():
            return "ident", node.name
        case Select():
            return ("has" if node.test_only else "select"), node.field
        case Call():
            return ("call" if node.target is None else "method"), node.function
        case ListLiteral():
            return "list", f"[{' '.join(map(str, node.optional_indices))}]"
        case MapLiteral():
            return "map", f"[{' '.join(f'{e.id}@{e.offset}?{yes_no(e.optional)}' for e in node.entries)}]"
        case StructLiteral():
            fields = (f"{f.id}@{f.offset}?{yes_no(f.optional)} {f.name}" for f in node.fields)
            return "struct", f"[{' '.join((node.type_name, *fields))}]"
        case Comprehension():
            return "fold", f"[{node.iter_var} {node.iter_var2} {node.accu_var}]"


def show_constant(value: Constant) -> str:
    match value:
        case None:
            return "null_type NULL_VALUE"
        case bool():
            return f"bool {yes_no(value)}"
        case UInt():
            return f"uint {int(value)}"
        case int():
            return f"int {value}"
        case float():
            return f"double {format_shortest(value)}"
        case str():
            return f"string {value}"
        case bytes():
            return f"bytes [{' '.join(map(str, value))}]"


def yes_no(value: bool) -> str:
    return "true" if value else "false"


@pytest.mark.parametrize("case", load(), ids=lambda case: repr(case["text"])[:60])
def test_parses_a_text_as_cel_go_does(case: dict[str, object]) -> None:
    expected = {key: case[key] for key in ("tree", "errors") if key in case}
    assert answer(str(case["text"])) == expected
