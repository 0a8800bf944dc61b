"""Decisions about an object turned into findings at places in its file."""

from __future__ import annotations

from policy_engine.admission import AdmissionRequest, Context, PolicySet
from policy_engine.admission.decisions import Decision, Evaluation, Origin
from policy_engine.admission.expressions import Expression
from policy_engine.admission.inputs import RequestInputs
from policy_engine.admission.matching import Target
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.cel.environment import Environment
from policy_engine.cel.libraries.declare import Value
from policy_engine.reports.blame import Culprits, FieldPath, Parts, render_path
from policy_engine.reports.findings import Finding, Level, ObjectName, Skip
from policy_engine.sources import Document


class Explainer:
    """Knows the policies that decisions come from. parts: pieces of their expressions, planned once."""

    def __init__(self, policies: PolicySet, version: str) -> None:
        self.parts = Parts(Environment.kubernetes(version).functions)
        self._policies = {policy.name: policy for policy in policies.policies}
        self._expressions: dict[tuple[str, str], Expression | None] = {}

    def source(self, decision: Decision) -> tuple[CompiledPolicy, Expression] | None:
        """Give the policy and the expression behind a decision; None where no expression is."""
        policy = self._policies.get(decision.policy)
        if policy is None or decision.origin is Origin.BINDING_CONFIGURATION:
            return None
        key = decision.policy, decision.place
        if key not in self._expressions:
            self._expressions[key] = next((e for e in policy.expressions() if e.place == decision.place), None)
        expression = self._expressions[key]
        return None if expression is None else (policy, expression)


class FindingMaker:
    """Makes the findings about one object."""

    def __init__(
        self, document: Document, request: AdmissionRequest, context: Context, explainer: Explainer
    ) -> None:
        self._document = document
        self._request = request
        self._context = context
        self._explainer = explainer
        self._culprits = Culprits(document.value, explainer.parts)
        self._inputs = RequestInputs(request, context)

    def make(self, decision: Decision) -> Finding:
        """Make the finding of a decision that does not simply admit."""
        document = self._document
        field = self._field(decision)
        span = document.locate(field)
        return Finding(
            level=_level(decision),
            policy=decision.policy,
            binding=decision.binding,
            param=decision.param,
            rule=decision.place,
            message=decision.message,
            reason=decision.reason,
            is_error=decision.evaluation is Evaluation.ERROR,
            object=ObjectName(
                api_version=document.api_version,
                kind=document.kind,
                namespace="" if document.kind == "Namespace" else self._request.namespace,
                name=document.name,
            ),
            path=document.path,
            field=render_path(field),
            span=span,
            excerpt=document.excerpt(span.start),
        )

    def _field(self, decision: Decision) -> FieldPath:
        if decision.origin is Origin.NAMESPACE:
            return ("metadata", "namespace")
        source = self._explainer.source(decision)
        if source is None:
            return ()
        policy, expression = source
        return self._culprits.find(policy, expression, self._activation(policy, decision))

    def _activation(self, policy: CompiledPolicy, decision: Decision) -> dict[str, Value]:
        """Give what the policy was evaluated with, as far as it is known."""
        target = Target(self._request.resource, self._request.kind)
        activation = self._inputs.activation(target, policy.reads)
        kind = policy.policy.param_kind
        if kind is None:
            return activation
        namespace, _, name = decision.param.rpartition("/")
        params = self._context.params
        return {**activation, "params": params.get(kind, namespace, name) if params is not None else None}


def skip_of(decision: Decision) -> Skip:
    """Give what could not be decided."""
    return Skip(policy=decision.policy, binding=decision.binding, rule=decision.place, reason=decision.message)


def _level(decision: Decision) -> Level:
    if decision.denies:
        return Level.DENY
    if decision.warns:
        return Level.WARN
    return Level.AUDIT if decision.audits else Level.IGNORED
