"""Decisions about an object turned into findings at places in its file."""

from __future__ import annotations

from policy_engine.admission import AdmissionRequest, Context, PolicySet
from policy_engine.admission.decisions import Decision, Evaluation, Origin
from policy_engine.admission.hindsight import Hindsight
from policy_engine.blame import Culprits, Parts
from policy_engine.cel.environment import Environment
from policy_engine.field_paths import FieldPath, render_path
from policy_engine.reports.findings import Finding, Level, ObjectName, Skip
from policy_engine.sources import Document


class Explainer:
    """What explains decisions of one policy set: its policies by name, and what is known of their expressions."""

    def __init__(self, policies: PolicySet, version: str) -> None:
        self.policies = {policy.name: policy for policy in policies.policies}
        self.parts = Parts(Environment.kubernetes(version).functions)


class FindingMaker:
    """Makes the findings about one object."""

    def __init__(
        self, document: Document, request: AdmissionRequest, context: Context, explainer: Explainer
    ) -> None:
        self._document = document
        self._request = request
        self._policies = explainer.policies
        self._culprits = Culprits(document.value, explainer.parts)
        self._hindsight = Hindsight(request, context)

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
        """Find the field that a decision is about; empty where that is the object as a whole."""
        if decision.origin is Origin.NAMESPACE:
            return ("metadata", "namespace")
        policy = self._policies.get(decision.policy)
        if policy is None or decision.origin is Origin.BINDING_CONFIGURATION:
            return ()
        expression = policy.expression_at(decision.place)
        if expression is None:
            return ()
        return self._culprits.find(policy, expression, self._hindsight.activation(policy, decision))


def skip_of(decision: Decision) -> Skip:
    """Give what could not be decided."""
    return Skip(policy=decision.policy, binding=decision.binding, rule=decision.place, reason=decision.message)


def _level(decision: Decision) -> Level:
    if decision.denies:
        return Level.DENY
    if decision.warns:
        return Level.WARN
    return Level.AUDIT if decision.audits else Level.IGNORED
