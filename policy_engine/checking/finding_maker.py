"""Decisions about an object turned into findings at places in its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from policy_engine.admission import AdmissionRequest, Context, PolicySet
from policy_engine.admission.decisions import Decision, Evaluation, Origin
from policy_engine.admission.hindsight import Hindsight
from policy_engine.blame import Culprits, Parts
from policy_engine.cel.environment import Environment
from policy_engine.checking.fingerprints import fingerprint, symbolic
from policy_engine.checking.secrets import is_secret, without_secrets
from policy_engine.field_paths import FieldPath, render_path
from policy_engine.records import record
from policy_engine.reports.findings import Finding, Level, ObjectName, Skip, SkipCount
from policy_engine.sources import Document
from policy_engine.sources.text import HIDDEN_EXCERPT


class Explainer:
    """What explains decisions of one policy set: its policies by name, and what is known of their expressions."""

    def __init__(self, policies: PolicySet, version: str) -> None:
        self.policies = {policy.name: policy for policy in policies.policies}
        self.parts = Parts(Environment.kubernetes(version).functions)


@record(kw_only=True)
class Fault:
    """A finding, and all that it is about.

    key: the same for the same fault, whichever fields it is about. fields: all of them, by what they are called in
    symbols. shown_at: gives the finding at one of them.
    """

    finding: Finding
    key: str
    fields: Mapping[str, FieldPath]
    shown_at: Callable[[FieldPath], Finding]


class FindingMaker:
    """Makes the findings about one object.

    origin: what rendered it. is_secret: its lines are not to be shown; of a Secret they never are.
    """

    def __init__(
        self,
        document: Document,
        request: AdmissionRequest,
        context: Context,
        explainer: Explainer,
        *,
        origin: str = "",
        is_secret: bool = False,
    ) -> None:
        self._document = document
        self._origin = origin
        self._is_secret = is_secret
        self._request = request
        self._policies = explainer.policies
        self._culprits = Culprits(document.value, explainer.parts)
        self._hindsight = Hindsight(request, context)

    def make(self, decision: Decision, field: FieldPath | None = None) -> Finding:
        """Make the finding of a decision that does not simply admit. field: where to show it, if that is known."""
        document = self._document
        if field is None:
            field = self._field(decision)
        span = document.locate(field)
        about = ObjectName(
            api_version=document.api_version,
            kind=document.kind,
            namespace="" if document.kind == "Namespace" else self._request.namespace,
            name=document.name,
        )
        message, holds_secrets = decision.message, self._is_secret or is_secret(document.value)
        if holds_secrets:
            message = without_secrets(message, document.value)
        return Finding(
            level=_level(decision),
            policy=decision.policy,
            binding=decision.binding,
            param=decision.param,
            rule=decision.place,
            message=message,
            reason=decision.reason,
            is_error=decision.evaluation is Evaluation.ERROR,
            object=about,
            path=document.path,
            field=render_path(field),
            span=span,
            excerpt=HIDDEN_EXCERPT if holds_secrets else document.excerpt(span.start),
            operation=self._request.operation,
            fingerprint=fingerprint(
                decision, about, message, path=document.path, field=symbolic(document.value, field)
            ),
            origin=self._origin,
        )

    def fault(self, decision: Decision) -> Fault:
        """Give what a decision finds fault with: all of it, where a finding is shown at the first place."""
        finding = self.make(decision)
        value = self._document.value
        key = fingerprint(decision, finding.object, finding.message, path=finding.path, field="")
        policy = self._policies.get(decision.policy)
        expression = None if policy is None else policy.expression_at(decision.place)
        fields: list[FieldPath] = []
        if policy is not None and expression is not None and decision.origin is not Origin.BINDING_CONFIGURATION:
            activation = self._hindsight.activation(policy, decision)
            fields = self._culprits.find_every(policy, expression, activation)
        return Fault(
            finding=finding,
            key=key,
            fields={symbolic(value, field): field for field in fields},
            shown_at=lambda field: self.make(decision, field),
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


def note_skips(skipped: Iterable[Skip], document: Document, skips: dict[Skip, SkipCount]) -> None:
    """Count what could not be decided about one object."""
    for skip in sorted(set(skipped)):
        before = skips.get(skip)
        skips[skip] = SkipCount(
            skip=skip,
            objects=1 if before is None else before.objects + 1,
            path=document.path if before is None else before.path,
            place=document.start() if before is None else before.place,
        )


def _level(decision: Decision) -> Level:
    if decision.denies:
        return Level.DENY
    if decision.warns:
        return Level.WARN
    return Level.AUDIT if decision.audits else Level.IGNORED
