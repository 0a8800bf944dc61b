"""One file judged: its documents become requests, the decisions about them findings at lines."""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.admission import AdmissionRequest, Context, PolicySet, Verdict, request_from_manifest, review
from policy_engine.admission.decisions import Decision, Evaluation, Origin
from policy_engine.admission.policies import CompiledPolicy
from policy_engine.cel.syntax.tree import Node
from policy_engine.reports.blame import FieldPath, blamed_field, render_path
from policy_engine.reports.findings import FileFindings, Finding, Level, ObjectName, Skip, SkipCount
from policy_engine.sources import Broken, Document, DocumentReader, LeftOut, read_file, shown_name


class Judge:
    """Judges files, one after another. Not for several threads at once: its reader remembers words."""

    def __init__(self, policies: PolicySet, context: Context) -> None:
        self._policies = policies
        self._context = context
        self._reader = DocumentReader()
        self._by_name = {policy.name: policy for policy in policies.policies}
        self._blamed: dict[tuple[str, str], FieldPath] = {}

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
            self._collect(document, request, verdict, result)

    def _collect(
        self, document: Document, request: AdmissionRequest, verdict: Verdict, result: FileFindings
    ) -> None:
        levels = set()
        skipped = set()
        for decision in verdict.findings:
            if decision.evaluation is Evaluation.SKIP:
                skipped.add(
                    Skip(
                        policy=decision.policy,
                        binding=decision.binding,
                        rule=decision.place,
                        reason=decision.message,
                    )
                )
                continue
            finding = self._finding(document, request, decision)
            levels.add(finding.level)
            result.findings.append(finding)
        for skip in sorted(skipped):
            before = result.skips.get(skip)
            result.skips[skip] = SkipCount(
                skip=skip,
                objects=1 if before is None else before.objects + 1,
                path=document.path,
                place=document.start() if before is None else before.place,
            )
        if Level.DENY in levels:
            result.denied += 1
        elif Level.WARN in levels:
            result.warned += 1

    def _finding(self, document: Document, request: AdmissionRequest, decision: Decision) -> Finding:
        path = self._blamed_field(decision)
        span = document.locate(path)
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
                namespace="" if document.kind == "Namespace" else request.namespace,
                name=document.name,
            ),
            path=document.path,
            field=render_path(path),
            span=span,
            excerpt=document.excerpt(span.start),
        )

    def _blamed_field(self, decision: Decision) -> FieldPath:
        key = decision.policy, decision.place
        path = self._blamed.get(key)
        if path is None:
            policy = self._by_name.get(decision.policy)
            path = () if policy is None else _blamed_in(policy, decision)
            self._blamed[key] = path
        return path


def _blamed_in(policy: CompiledPolicy, decision: Decision) -> FieldPath:
    if decision.origin is Origin.NAMESPACE:
        return ("metadata", "namespace")
    expression = next((e for e in policy.expressions() if e.place == decision.place), None)
    if expression is None or expression.program is None:
        return ()
    variables: Mapping[str, Node] = {
        name: variable.program.checked.root
        for name, variable in policy.variables.items()
        if variable.program is not None
    }
    return blamed_field(expression.program.checked.root, variables)


def _level(decision: Decision) -> Level:
    if decision.denies:
        return Level.DENY
    if decision.warns:
        return Level.WARN
    return Level.AUDIT if decision.audits else Level.IGNORED
