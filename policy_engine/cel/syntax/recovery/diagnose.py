"""All findings on a malformed text, in one call."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.cel.errors import Issue
from policy_engine.cel.syntax.builder import TreeBuilder
from policy_engine.cel.syntax.limits import is_tree_too_deep
from policy_engine.cel.syntax.recovery.recognizer import Recognizer
from policy_engine.cel.syntax.recovery.report import Abandoned, Report
from policy_engine.cel.syntax.recovery.salvage import Salvage
from policy_engine.cel.syntax.tokens import Tokens, Unknown
from policy_engine.cel.syntax.tree import Node


def diagnose(text: str, tokens: Tokens, unknown: Sequence[Unknown], builder: TreeBuilder) -> list[Issue]:
    """Give all findings on a malformed text, in the order in which they are found.

    unknown: the pieces that are no tokens. builder: a fresh one.
    """
    report = Report(tokens, unknown)
    recognizer = Recognizer(tokens, text, unknown, report, Salvage(builder))
    try:
        root = recognizer.run()
    except Abandoned:
        return report.issues
    issues = report.issues + builder.issues
    if isinstance(root, Node) and is_tree_too_deep(root, builder.macro_calls):
        issues.append(Issue(message="max recursion depth exceeded", offset=-1))
    return issues
