"""The API server's own validation of policies and bindings: what it would refuse, in its words."""

from __future__ import annotations

from policy_engine.admission.validation.documents import validate_binding, validate_policy
from policy_engine.admission.validation.field_errors import ErrorKind, FieldError, render_path

__all__ = ["ErrorKind", "FieldError", "render_path", "validate_binding", "validate_policy"]
