"""Static checks: types, names, and literals that could never work."""

from policy_engine.cel.checker.check import check
from policy_engine.cel.checker.checked import CheckedExpression, Reference
from policy_engine.cel.checker.declarations import Declarations

__all__ = ["CheckedExpression", "Declarations", "Reference", "check"]
