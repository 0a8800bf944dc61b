"""One file judged: its documents become requests, the decisions about them findings at lines."""

from __future__ import annotations

from collections.abc import Iterable

from policy_engine.admission import AdmissionRequest, Context, PolicySet, request_from_manifest, review
from policy_engine.admission.decisions import Decision, Evaluation
from policy_engine.checking.finding_maker import Explainer, FindingMaker, note_skips, skip_of
from policy_engine.reports.findings import FileFindings, Level
from policy_engine.sources import Broken, Document, DocumentReader, LeftOut, read_file, shown_name


class Judge:
    """Judges files, one after another. Not for several threads at once: its reader remembers words."""

    def __init__(self, policies: PolicySet, context: Context, *, version: str) -> None:
        self._policies = policies
        self._context = context
        self._reader = DocumentReader()
        self._explainer = Explainer(policies, version)

    def judge(self, path: str, data: bytes | Broken | None = None) -> FileFindings:
        """Judge every object of a file as if it were created. data: its bytes where they are already read."""
        name = shown_name(path)
        result = FileFindings(name)
        if data is None:
            data = read_file(path, self._reader.limits)
        if isinstance(data, Broken):
            result.broken.append(data)
            return result
        for entry in self._reader.read(name, data):
            if isinstance(entry, Document):
                self._judge(entry, result)
            elif isinstance(entry, Broken):
                result.broken.append(entry)
            elif isinstance(entry, LeftOut):
                result.left_out.append(entry)
        return result

    def _judge(self, document: Document, result: FileFindings) -> None:
        request = request_from_manifest(document.value, kinds=self._policies.kinds)
        verdict = review(self._policies, request, self._context)
        result.objects += 1
        if verdict.findings:
            self._collect(document, request, verdict.findings, result)

    def _collect(
        self, document: Document, request: AdmissionRequest, decisions: Iterable[Decision], result: FileFindings
    ) -> None:
        findings = FindingMaker(document, request, self._context, self._explainer)
        levels = set()
        skipped = []
        for decision in decisions:
            if decision.evaluation is Evaluation.SKIP:
                skipped.append(skip_of(decision))
                continue
            finding = findings.make(decision)
            levels.add(finding.level)
            result.findings.append(finding)
        note_skips(skipped, document, result.skips)
        if Level.DENY in levels:
            result.denied += 1
        elif Level.WARN in levels:
            result.warned += 1
