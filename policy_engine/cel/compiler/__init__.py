"""The fast evaluator: one Python function an expression, over plain values."""

from policy_engine.cel.compiler.bounds import Bounds, bound_cost
from policy_engine.cel.compiler.function import Compiled, Unsupported
from policy_engine.cel.compiler.translate import translate

__all__ = ["Bounds", "Compiled", "Unsupported", "bound_cost", "translate"]
