"""From a text to its tree, or to everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.cel.errors import Issue
from policy_engine.cel.source import Source
from policy_engine.cel.syntax.builder import Malformed, TreeBuilder, macro_table
from policy_engine.cel.syntax.lexer import tokenize
from policy_engine.cel.syntax.limits import MAX_DEPTH, is_nested_too_deeply, is_tree_too_deep
from policy_engine.cel.syntax.macro import Macro
from policy_engine.cel.syntax.parser import Parser
from policy_engine.cel.syntax.tokens import Tokens
from policy_engine.cel.syntax.tree import Node, ParsedExpression

MAX_CODE_POINTS = 100_000  # cel-go parser/parser.go, expressionSizeCodePointLimit


class SyntaxErrors(Exception):
    """Refuse a text; issues: every finding, in order of place."""

    def __init__(self, issues: Sequence[Issue]) -> None:
        super().__init__(issues[0].message)
        self.issues = sorted(issues, key=lambda issue: issue.offset)


def parse(source: Source, macros: Sequence[Macro], *, optional_syntax: bool = True) -> ParsedExpression:
    """Parse a text and expand its macros.

    optional_syntax: whether `.?field`, `[?index]` and optional entries are known.
    Raises SyntaxErrors with all findings.
    """
    size = len(source.text)
    if size > MAX_CODE_POINTS:
        message = f"expression code point size exceeds limit: size: {size}, limit {MAX_CODE_POINTS}"
        raise SyntaxErrors([Issue(message=message, offset=-1)])
    tokens, unknown = tokenize(source.text)
    table = macro_table(macros)
    builder = TreeBuilder(table, optional_syntax=optional_syntax)
    root = None if unknown else _well_formed(tokens, builder)
    if root is None:
        from policy_engine.cel.syntax.recovery import diagnose

        again = TreeBuilder(table, optional_syntax=optional_syntax)
        raise SyntaxErrors(diagnose(source.text, tokens, unknown, again))
    if len(tokens.kinds) > MAX_DEPTH:
        _check_depth(tokens, root, builder)
    if builder.issues:
        raise SyntaxErrors(builder.issues)
    return ParsedExpression(
        source=source,
        root=root,
        macro_calls=builder.macro_calls,
        offsets=builder.offsets,
    )


def _well_formed(tokens: Tokens, builder: TreeBuilder) -> Node | None:
    try:
        return Parser(tokens, builder).parse()
    except Malformed:
        return None


def _check_depth(tokens: Tokens, root: Node, builder: TreeBuilder) -> None:
    if is_nested_too_deeply(tokens):
        message = f"expression recursion limit exceeded: {MAX_DEPTH}"
        raise SyntaxErrors([Issue(message=message, offset=-1)])
    if is_tree_too_deep(root, builder.macro_calls):
        builder.issues.append(Issue(message="max recursion depth exceeded", offset=-1))
