"""The syntax of expressions: text to tree, and tree to text. The nodes are in `tree`, macros in `macro`."""

from policy_engine.cel.syntax.parse import MAX_CODE_POINTS, SyntaxErrors, parse
from policy_engine.cel.syntax.printer import unparse

__all__ = ["MAX_CODE_POINTS", "SyntaxErrors", "parse", "unparse"]
