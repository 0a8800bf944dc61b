"""What `polgate lint` finds, for programs."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.authoring.lint import Finding
from policy_engine.reports.json_mistakes import mistake
from policy_engine.reports.json_places import broken_file
from policy_engine.sources.document import Broken
from policy_engine.sources.values import JsonObject

VERSION = 1


def lint_to_json(findings: Sequence[Finding], *, policies: int, broken: Sequence[Broken]) -> JsonObject:
    """Give the findings as JSON values. The shape is described in docs/schemas/lint-report.v1.schema.json.

    policies: how many policies and bindings were looked at.
    """
    return {
        "version": VERSION,
        "summary": {"policies": policies, "findings": len(findings), "broken": len(broken)},
        "findings": [_finding(finding) for finding in findings],
        "broken": [broken_file(one) for one in broken],
    }


def _finding(finding: Finding) -> JsonObject:
    return {
        "kind": finding.kind,
        "name": finding.name,
        "field": finding.field,
        "server": finding.server,
        **mistake(finding.mistake),
    }
