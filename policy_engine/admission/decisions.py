"""What was decided, about which request part of which policy, and what follows from it."""

from __future__ import annotations

from enum import StrEnum

from policy_engine.records import record


class Evaluation(StrEnum):
    """What came of looking at the request."""

    ADMIT = "admit"
    DENY = "deny"
    ERROR = "error"
    SKIP = "skip"


class Action(StrEnum):
    """What the policy makes of it. Whether a DENY really denies is up to the binding."""

    ADMIT = "admit"
    DENY = "deny"


class Origin(StrEnum):
    """Which part of a policy or binding a decision comes from; INTERNAL where this program is at fault."""

    VALIDATION = "validation"
    MATCH_CONDITION = "match-condition"
    AUDIT_ANNOTATION = "audit-annotation"
    POLICY_CONFIGURATION = "policy-configuration"
    BINDING_CONFIGURATION = "binding-configuration"
    NAMESPACE = "namespace"
    INTERNAL = "internal"


DENY = "Deny"
WARN = "Warn"
AUDIT = "Audit"


@record(kw_only=True)
class Decision:
    """One decision.

    place: field path in the policy, such as `spec.validations[0].expression`; in the binding where origin is
        BINDING_CONFIGURATION.
    index: of the validation; 0 where one decision stands for all of them.
    binding: empty where the policy itself is at fault. param: `namespace/name`, or empty.
    actions: what follows, as validationActions name it; empty where the request is admitted.
    reason: empty for errors and admissions.
    """

    policy: str
    binding: str
    param: str
    origin: Origin
    place: str
    index: int
    action: Action
    evaluation: Evaluation
    message: str = ""
    reason: str = ""
    actions: tuple[str, ...] = ()

    @property
    def denies(self) -> bool:
        """Tell whether the request is denied by it."""
        return DENY in self.actions

    @property
    def warns(self) -> bool:
        """Tell whether the client is warned."""
        return WARN in self.actions

    @property
    def audits(self) -> bool:
        """Tell whether the audit log holds it."""
        return AUDIT in self.actions

    @property
    def headline(self) -> str:
        """Say who denied the request and why, as the API server does."""
        who = f"ValidatingAdmissionPolicy '{self.policy}'"
        if self.binding:
            who = f"{who} with binding '{self.binding}'"
        return f"{who} denied request: {self.message}"
