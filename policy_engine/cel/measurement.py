"""The result of an exact evaluation."""

from __future__ import annotations

from policy_engine.cel.errors import CostLimitExceeded, EvaluationError
from policy_engine.cel.libraries.declare import Value
from policy_engine.records import record


@record(kw_only=True)
class Measurement:
    """A value or an error, and what it cost.

    error: None where there is a value.
    cost: in Kubernetes' units, for errors too.
    """

    value: Value
    error: EvaluationError | CostLimitExceeded | None
    cost: int
