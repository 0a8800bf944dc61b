"""A report for programs: JSON of a documented shape, with a version that changes when a reader would break."""

from __future__ import annotations

import json
from collections.abc import Iterator

from policy_engine.records import record
from policy_engine.reports.findings import Finding, Level, Report, SkipCount
from policy_engine.reports.json_places import broken_file, location
from policy_engine.sources.document import LeftOut
from policy_engine.sources.values import JsonValue

VERSION = 1


@record
class JsonWriter:
    """Writes JSON in ASCII. The shape is described in docs/schemas/check-report.v1.schema.json."""

    def write(self, report: Report) -> Iterator[str]:
        """Give the report as one JSON object."""
        yield json.dumps(to_json(report), indent=2)
        yield "\n"


def to_json(report: Report) -> dict[str, JsonValue]:
    """Give the report as JSON values."""
    return {
        "version": VERSION,
        "summary": {
            "policies": report.policies,
            "files": report.files,
            "objects": report.objects,
            "denied": report.denied,
            "warned": report.warned,
            "findings": {level.value: report.count(level) for level in Level},
            "skipped": sum(count.objects for count in report.skips),
            "broken": len(report.broken),
            "leftOut": len(report.left_out),
        },
        "unboundPolicies": list(report.unbound),
        "idleBindings": [{"name": idle.name, "policy": idle.policy} for idle in report.idle_bindings],
        "findings": [_finding(finding) for finding in report.findings],
        "skipped": [_skip(count) for count in report.skips],
        "broken": [broken_file(broken) for broken in report.broken],
        "leftOut": [_left_out(left_out) for left_out in report.left_out],
    }


def _finding(finding: Finding) -> JsonValue:
    about = finding.object
    return {
        "level": finding.level.value,
        "policy": finding.policy,
        "binding": finding.binding,
        "param": finding.param,
        "rule": finding.rule,
        "message": finding.message,
        "reason": finding.reason,
        "error": finding.is_error,
        "object": {
            "apiVersion": about.api_version,
            "kind": about.kind,
            "namespace": about.namespace,
            "name": about.name,
        },
        "field": finding.field,
        "location": location(finding.path, finding.span),
    }


def _skip(count: SkipCount) -> JsonValue:
    skip = count.skip
    return {
        "policy": skip.policy,
        "binding": skip.binding,
        "rule": skip.rule,
        "reason": skip.reason,
        "objects": count.objects,
        "first": location(count.path, count.place),
    }


def _left_out(left_out: LeftOut) -> JsonValue:
    return {"reason": left_out.reason, "location": location(left_out.path, left_out.place)}
