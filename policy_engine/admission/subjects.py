"""What is evaluated, and the decisions that can be made about it."""

from __future__ import annotations

from policy_engine.admission.decisions import DENY, Action, Decision, Evaluation, Origin
from policy_engine.admission.expressions import Expression, Need
from policy_engine.admission.json_values import JsonObject
from policy_engine.admission.model import Binding
from policy_engine.admission.objects import object_name, object_namespace
from policy_engine.admission.policies import CompiledPolicy, CompiledValidation
from policy_engine.records import record


@record
class Subject:
    """A policy, the binding that calls for it, and the param it is called with."""

    policy: CompiledPolicy
    binding: Binding
    param: JsonObject | None = None

    def admission(self, validation: CompiledValidation) -> Decision:
        """Say that a validation holds."""
        return self._decide(
            Origin.VALIDATION, validation.expression.place, validation.index, Action.ADMIT, Evaluation.ADMIT
        )

    def denial(self, validation: CompiledValidation, message: str) -> Decision:
        """Say that a validation does not hold."""
        return Decision(
            policy=self.policy.name,
            binding=self.binding.name,
            param=self._param_name(),
            origin=Origin.VALIDATION,
            place=validation.expression.place,
            index=validation.index,
            action=Action.DENY,
            evaluation=Evaluation.DENY,
            message=message,
            reason=validation.reason,
            actions=self.binding.actions,
        )

    def error(self, message: str, *, place: str, index: int = 0, origin: Origin = Origin.VALIDATION) -> Decision:
        """Say that an evaluation failed: failurePolicy decides whether the binding's actions follow."""
        if self.policy.policy.ignores_errors:
            return self._decide(origin, place, index, Action.ADMIT, Evaluation.ERROR, message)
        return self._decide(origin, place, index, Action.DENY, Evaluation.ERROR, message, self.binding.actions)

    def fault(self, message: str, *, place: str, origin: Origin, index: int = 0) -> Decision:
        """Say that something failed which denies whatever the binding's actions are, unless errors are ignored."""
        if self.policy.policy.ignores_errors:
            return self._decide(origin, place, index, Action.ADMIT, Evaluation.ERROR, message)
        return self._decide(origin, place, index, Action.DENY, Evaluation.ERROR, message, (DENY,))

    def skip(self, reason: str, *, place: str, index: int = 0, origin: Origin = Origin.VALIDATION) -> Decision:
        """Say that nothing could be decided, and why."""
        return self._decide(origin, place, index, Action.ADMIT, Evaluation.SKIP, reason)

    def skip_for(
        self,
        expression: Expression,
        lacking: frozenset[Need],
        *,
        index: int = 0,
        origin: Origin = Origin.VALIDATION,
    ) -> Decision:
        """Say that an expression needs what these surroundings lack."""
        needs = " and ".join(sorted(expression.needs & lacking))
        return self.skip(
            f"needs {needs}, which is not known here", place=expression.place, index=index, origin=origin
        )

    def _decide(
        self,
        origin: Origin,
        place: str,
        index: int,
        action: Action,
        evaluation: Evaluation,
        message: str = "",
        actions: tuple[str, ...] = (),
    ) -> Decision:
        return Decision(
            policy=self.policy.name,
            binding=self.binding.name,
            param=self._param_name(),
            origin=origin,
            place=place,
            index=index,
            action=action,
            evaluation=evaluation,
            message=message,
            actions=actions,
        )

    def _param_name(self) -> str:
        if self.param is None:
            return ""
        namespace, name = object_namespace(self.param), object_name(self.param)
        return f"{namespace}/{name}" if namespace else name
