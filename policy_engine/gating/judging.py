"""Pairs of objects judged as the API server would judge the requests that make one of the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from policy_engine.admission import AdmissionRequest, Context, PolicySet, request_from_manifest, review
from policy_engine.admission.decisions import Decision, Evaluation
from policy_engine.admission.expressions import depends_on_change
from policy_engine.admission.request import Operation, UserInfo
from policy_engine.changes.manifests import Manifest
from policy_engine.changes.pairing import Pair
from policy_engine.checking.finding_maker import Explainer, FindingMaker, note_skips, skip_of
from policy_engine.records import record
from policy_engine.reports.findings import Finding, Level, Skip, SkipCount, Status


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


@record
class _Found:
    """A decision, and the finding that was made of it."""

    decision: Decision
    finding: Finding


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
        found = list(self._look(request, manifest, skipped))
        note_skips(skipped, manifest.document, result.skips)
        before = _Baseline()
        if pair.old is not None:
            before = self._baseline(pair.old)
        sorted_ = list(before.sort(found, is_delete=pair.new is None))
        result.findings += sorted_
        levels = {finding.level for finding in sorted_ if finding.status is not Status.FIXED}
        result.denied += Level.DENY in levels
        result.warned += Level.WARN in levels and Level.DENY not in levels
        return request

    def _look(self, request: AdmissionRequest, manifest: Manifest, skipped: list[Skip]) -> Iterator[_Found]:
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
                yield _Found(decision, maker.make(decision))

    def _baseline(self, old: Manifest) -> _Baseline:
        """Find what was wrong before: with the object as it was, and with a request that leaves it so."""
        value = old.document.value

        def found(before: Manifest | None) -> list[_Found]:
            request = request_from_manifest(
                value,
                None if before is None else value,
                kinds=self._policies.kinds,
                default_namespace=old.namespace,
                user=self._user,
            )
            return list(self._look(request, old, []))

        return _Baseline(created=found(None), unchanged=found(old), judge=self)

    def is_about_change(self, decision: Decision) -> bool:
        """Tell whether a decision compares with what was: nothing like it can have been wrong before."""
        policy = self._explainer.policies.get(decision.policy)
        expression = None if policy is None else policy.expression_at(decision.place)
        return expression is not None and depends_on_change(expression)


class _Baseline:
    """What was wrong with an object before the change.

    created: with the object, had it been created as it was. unchanged: with a request that changes nothing.
    """

    def __init__(
        self,
        *,
        created: Iterable[_Found] = (),
        unchanged: Iterable[_Found] = (),
        judge: ChangeJudge | None = None,
    ) -> None:
        self._judge = judge
        self._found: dict[str, list[Finding]] = {}
        for found in (created, unchanged):
            by_fingerprint: dict[str, list[Finding]] = {}
            for one in found:
                if found is unchanged or not self._is_about_change(one.decision):
                    by_fingerprint.setdefault(one.finding.fingerprint, []).append(one.finding)
            for fingerprint, findings in by_fingerprint.items():
                if len(findings) > len(self._found.get(fingerprint, ())):
                    self._found[fingerprint] = findings

    def _is_about_change(self, decision: Decision) -> bool:
        return self._judge is not None and self._judge.is_about_change(decision)

    def sort(self, found: Iterable[_Found], *, is_delete: bool) -> Iterator[Finding]:
        """Give the findings with their status, and after them those that are fixed."""
        left = Counter({fingerprint: len(findings) for fingerprint, findings in self._found.items()})
        for one in found:
            fingerprint = one.finding.fingerprint
            is_known = not is_delete and left[fingerprint] > 0
            left[fingerprint] -= is_known
            yield one.finding.with_status(Status.EXISTING if is_known else Status.NEW)
        for fingerprint, findings in self._found.items():
            for finding in findings[len(findings) - left[fingerprint] :] if left[fingerprint] > 0 else ():
                if finding.level in (Level.DENY, Level.WARN):
                    yield finding.with_status(Status.FIXED)
