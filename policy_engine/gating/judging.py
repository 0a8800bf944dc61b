"""Pairs of objects judged as the API server would judge the requests that make one of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from policy_engine.admission import AdmissionRequest, Context, PolicySet, request_from_manifest, review
from policy_engine.admission.decisions import Decision, Evaluation
from policy_engine.admission.expressions import depends_on_old_object, depends_on_operation, depends_on_user
from policy_engine.admission.request import Operation, UserInfo
from policy_engine.changes.manifests import Manifest
from policy_engine.changes.pairing import Pair
from policy_engine.checking.finding_maker import Explainer, Fault, FindingMaker, note_skips, skip_of
from policy_engine.gating.baseline import Baseline
from policy_engine.gating.inheritance import Inheritance, Rule
from policy_engine.reports.findings import Finding, Level, Skip, SkipCount, Status
from policy_engine.sources.values import JsonObject


@dataclass(slots=True)
class ChangeFindings:
    """What the requests of a change gave. denied, warned: objects with such a finding, existing ones too."""

    created: int = 0
    updated: int = 0
    deleted: int = 0
    denied: int = 0
    warned: int = 0
    findings: list[Finding] = field(default_factory=list)
    skips: dict[Skip, SkipCount] = field(default_factory=dict)

    def count(self, operation: Operation) -> None:
        """Count a request."""
        self.created += operation is Operation.CREATE
        self.updated += operation is Operation.UPDATE
        self.deleted += operation is Operation.DELETE

    def add(self, findings: Iterable[Finding]) -> None:
        """Add new findings about something that is no request, unless a request has brought the same."""
        known = {finding.fingerprint for finding in self.findings if finding.status is Status.NEW}
        for finding in findings:
            if finding.fingerprint not in known:
                self.findings.append(finding)
                self.denied += finding.level is Level.DENY
                self.warned += finding.level is Level.WARN


class ChangeJudge:
    """Judges pairs, one after another. Not for several threads at once.

    user: who proposes the change, as the cluster knows them; None where nobody can tell.
    """

    def __init__(
        self, policies: PolicySet, context: Context, *, version: str, user: UserInfo | None = None
    ) -> None:
        self._policies = policies
        self._context = context
        self._user = user
        self._explainer = Explainer(policies, version)

    def request(self, pair: Pair) -> AdmissionRequest:
        """Make the request that turns the old object into the new one."""
        manifest = pair.new or pair.old
        assert manifest is not None
        return request_from_manifest(
            None if pair.new is None else pair.new.document.value,
            None if pair.old is None else pair.old.document.value,
            kinds=self._policies.kinds,
            default_namespace=manifest.namespace,
            user=self._user,
        )

    def judge(self, pair: Pair, result: ChangeFindings) -> AdmissionRequest:
        """Judge a pair that differs, and add what was found. Gives the request that was judged."""
        request = self.request(pair)
        manifest = pair.new or pair.old
        assert manifest is not None
        result.count(request.operation)
        skipped: list[Skip] = []
        found = [fault for _, fault in self._look(request, manifest, skipped)]
        note_skips(skipped, manifest.document, result.skips)
        if pair.old is None:
            sorted_ = [fault.finding for fault in found]
        elif pair.new is None:
            # Whoever deletes an object brings the findings about that, and takes along all that it was blamed for.
            gone = self._baseline(pair.old).fixed(Counter())
            sorted_ = [*(fault.finding for fault in found), *gone]
        else:
            sorted_ = self._compared(found, pair.old, pair.new)
        result.findings += sorted_
        levels = {finding.level for finding in sorted_ if finding.status is not Status.FIXED}
        result.denied += Level.DENY in levels
        result.warned += Level.WARN in levels and Level.DENY not in levels
        return request

    def judge_shadows(self, pairs: Iterable[Pair]) -> list[Finding]:
        """Judge what nobody asks for, and give what would be new in it."""
        found = ChangeFindings()
        for one in pairs:
            self.judge(one, found)
        return [finding for finding in found.findings if finding.status is Status.NEW]

    def _compared(self, found: list[Fault], old: Manifest, new: Manifest) -> list[Finding]:
        before = self._baseline(old)
        if not before:
            return [fault.finding for fault in found]
        # What is only asked about when an object is created is not mended by updating something else in it.
        still = Counter(fault.key for _, fault in self._as_it_is(new, None))
        there = Counter(fault.key for fault in found)
        inheritance = Inheritance(
            old.document.value, new.document.value, lambda value: self._failing(value, new.namespace)
        )
        return [*before.sort(found, inheritance), *before.fixed(there | still)]

    def _failing(self, value: JsonObject, namespace: str) -> frozenset[Rule]:
        """Give the rules that an object breaks by itself, or that cannot be evaluated for it."""
        failing: set[Rule] = set()
        for before in (None, value):
            request = request_from_manifest(
                value, before, kinds=self._policies.kinds, default_namespace=namespace, user=self._user
            )
            failing.update(
                (decision.policy, decision.binding, decision.param, decision.place)
                for decision in review(self._policies, request, self._context).findings
                if decision.evaluation is not Evaluation.SKIP
            )
        return frozenset(failing)

    def _baseline(self, old: Manifest) -> Baseline:
        """Find what was wrong before: with the object as it was, and with a request that leaves it so."""
        created = [fault for decision, fault in self._as_it_is(old, None) if self._counts(decision, old=False)]
        unchanged = [fault for decision, fault in self._as_it_is(old, old) if self._counts(decision, old=True)]
        return Baseline((created, unchanged))

    def _as_it_is(self, manifest: Manifest, before: Manifest | None) -> Iterator[tuple[Decision, Fault]]:
        value = manifest.document.value
        request = request_from_manifest(
            value,
            None if before is None else before.document.value,
            kinds=self._policies.kinds,
            default_namespace=manifest.namespace,
            user=self._user,
        )
        return self._look(request, manifest, [])

    def _look(
        self, request: AdmissionRequest, manifest: Manifest, skipped: list[Skip]
    ) -> Iterator[tuple[Decision, Fault]]:
        verdict = review(self._policies, request, self._context)
        if not verdict.findings:
            return
        maker = FindingMaker(
            manifest.document,
            request,
            self._context,
            self._explainer,
            origin=manifest.origin,
            is_secret=manifest.is_secret,
        )
        for decision in verdict.findings:
            if decision.evaluation is Evaluation.SKIP:
                skipped.append(skip_of(decision))
            else:
                yield decision, maker.fault(decision)

    def _counts(self, decision: Decision, *, old: bool) -> bool:
        """Tell whether a decision is about the object as it was, and not about what is done to it, or who does it.

        old: of a request that changes nothing; otherwise of one that creates the object.
        """
        policy = self._explainer.policies.get(decision.policy)
        expression = None if policy is None else policy.expression_at(decision.place)
        if expression is None:
            return True
        if depends_on_user(expression):
            return False
        return not (depends_on_operation(expression) if old else depends_on_old_object(expression))
