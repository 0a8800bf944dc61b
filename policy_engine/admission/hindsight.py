"""What a policy was evaluated with, given once more to whoever explains a decision afterwards."""

from __future__ import annotations

from policy_engine.admission.context import Context
from policy_engine.admission.decisions import Decision
from policy_engine.admission.inputs import RequestInputs
from policy_engine.admission.matching import Target
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.admission.request import AdmissionRequest
from policy_engine.cel.libraries.declare import Value


class Hindsight:
    """A look back at one request. Not shared between threads."""

    def __init__(self, request: AdmissionRequest, context: Context) -> None:
        self._params = context.params
        self._inputs = RequestInputs(request, context)
        self._target = Target(request.resource, request.kind)

    def activation(self, policy: CompiledPolicy, decision: Decision) -> dict[str, Value]:
        """Give what the policy read when it decided, but for `variables`. Shared, and not to be changed.

        Objects are as they were handed in, also where the policy saw them in another version.
        """
        activation = self._inputs.activation(self._target, policy.roots)
        kind = policy.policy.param_kind
        if kind is None:
            return activation
        namespace, _, name = decision.param.rpartition("/")
        param = None if self._params is None else self._params.get(kind, namespace, name)
        return {**activation, "params": param}
