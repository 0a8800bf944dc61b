"""The field of expressions that are about one field only: nothing needs to be evaluated to name it."""

from __future__ import annotations

from policy_engine.blame.paths import farthest
from policy_engine.blame.selections import selection
from policy_engine.cel.syntax.tree import Comprehension, Ident, Node
from policy_engine.cel.syntax.walk import children
from policy_engine.field_paths import FieldPath


def only_field(root: Node) -> FieldPath | None:
    """Give the only field that a tree reads, fields on the way to it aside; None where there is none.

    Loops, variables and computed indices are looked at no further: what they read depends on the object.
    """
    found: set[FieldPath] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        chain = selection(node)
        if isinstance(chain.base, Comprehension) or chain.indices:
            return None
        if not isinstance(chain.base, Ident):
            waiting += children(node) if chain.base is node else [chain.base]
        elif chain.base.name == "variables":
            return None
        elif chain.base.name == "object":
            found.add(chain.path)
    paths = farthest(found)
    return paths[0] if len(paths) == 1 else None
