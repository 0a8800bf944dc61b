"""The reference evaluator: exact values, Kubernetes' own error texts, and the cost it would charge."""

from policy_engine.cel.interpreter.folding import InstantiationError
from policy_engine.cel.interpreter.plan import Plan, plan

__all__ = ["InstantiationError", "Plan", "plan"]
