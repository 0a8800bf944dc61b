"""What a failed validation says.

Source: k8s.io/apiserver pkg/admission/plugin/policy/validating/validator.go.
"""

from __future__ import annotations

from policy_engine.admission.model import Validation
from policy_engine.cel.go_strings import size_bytes, trim_space
from policy_engine.cel.libraries.declare import Value

MAX_EVALUATED_BYTES = 5 * 1024  # apiserver pkg/apis/cel/config.go, MaxEvaluatedMessageExpressionSizeBytes


def failure_message(validation: Validation, evaluated: Value) -> str:
    """Choose the message of a failed validation.

    evaluated: what messageExpression gave; None where there is none or it failed. Anything that is not one
        short line of text falls back to `message`, and that to the expression itself.
    """
    if isinstance(evaluated, str):
        text = trim_space(evaluated)
        if text and "\n" not in text and size_bytes(text) <= MAX_EVALUATED_BYTES:
            return text
    return trim_space(validation.message) or f"failed expression: {trim_space(validation.expression)}"
