"""A report for programs: JSON of a documented shape, with a version that changes when a reader would break."""

from __future__ import annotations

from collections.abc import Iterator

from policy_engine.records import record
from policy_engine.reports.findings import Change, Finding, Level, Notice, Report, SkipCount, Status
from policy_engine.reports.json_places import broken_file, location
from policy_engine.reports.json_text import to_text
from policy_engine.sources.document import LeftOut
from policy_engine.sources.values import JsonObject

VERSION = 1


@record
class JsonWriter:
    """Writes JSON in ASCII.

    The shape is described in docs/schemas: of files in check-report.v1.schema.json, of a change in
    gate-report.v1.schema.json, which has more members.
    """

    def write(self, report: Report) -> Iterator[str]:
        """Give the report as one JSON object."""
        yield to_text(to_json(report), indent=2)
        yield "\n"


def to_json(report: Report) -> JsonObject:
    """Give the report as JSON values."""
    shared: JsonObject = {
        "version": VERSION,
        "summary": _summary(report),
        "unboundPolicies": list(report.unbound),
        "idleBindings": [{"name": idle.name, "policy": idle.policy} for idle in report.idle_bindings],
        "findings": [_finding(finding) for finding in report.findings],
        "skipped": [_skip(count) for count in report.skips],
        "broken": [broken_file(broken) for broken in report.broken],
        "leftOut": [_left_out(left_out) for left_out in report.left_out],
    }
    if report.change is None:
        return shared
    return {
        **shared,
        "outcome": report.outcome.value,
        "summary": {**_summary(report), **_standing(report)},
        "change": _change(report.change),
        "blocking": {
            "level": report.blocking.level.value,
            "existing": report.blocking.existing,
            "skipped": report.blocking.skipped,
        },
        "notices": [_notice(notice) for notice in report.notices],
        "findings": [_changed_finding(report, finding) for finding in report.findings],
    }


def _summary(report: Report) -> JsonObject:
    return {
        "policies": report.policies,
        "files": report.files,
        "objects": report.objects,
        "denied": report.denied,
        "warned": report.warned,
        "findings": {level.value: report.count(level) for level in Level},
        "skipped": sum(count.objects for count in report.skips),
        "broken": len(report.broken),
        "leftOut": len(report.left_out),
    }


def _standing(report: Report) -> JsonObject:
    """Count findings by what the change has to do with them."""
    return {status.value: sum(finding.status is status for finding in report.findings) for status in Status}


def _change(change: Change) -> JsonObject:
    return {
        "base": change.base,
        "head": change.head,
        "files": change.files,
        "created": change.created,
        "updated": change.updated,
        "deleted": change.deleted,
    }


def _notice(notice: Notice) -> JsonObject:
    return {
        "code": notice.code,
        "message": notice.message,
        "help": notice.help,
        "location": location(notice.path, notice.place) if notice.path else None,
    }


def _changed_finding(report: Report, finding: Finding) -> JsonObject:
    return {
        **_finding(finding),
        "status": finding.status.value,
        "blocks": report.blocks(finding),
        "operation": finding.operation,
        "fingerprint": finding.fingerprint,
        "origin": finding.origin,
    }


def _finding(finding: Finding) -> JsonObject:
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


def _skip(count: SkipCount) -> JsonObject:
    skip = count.skip
    return {
        "policy": skip.policy,
        "binding": skip.binding,
        "rule": skip.rule,
        "reason": skip.reason,
        "objects": count.objects,
        "first": location(count.path, count.place),
    }


def _left_out(left_out: LeftOut) -> JsonObject:
    return {"reason": left_out.reason, "location": location(left_out.path, left_out.place)}
