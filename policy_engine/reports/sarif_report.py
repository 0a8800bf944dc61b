"""SARIF 2.1.0, as GitHub's code scanning takes it in.

Source: docs.oasis-open.org/sarif/sarif/v2.1.0; docs.github.com, SARIF support for code scanning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policy_engine import __version__
from policy_engine.records import record
from policy_engine.reports.entries import Entry, entries
from policy_engine.reports.findings import Notice, Outcome, Report, SkipCount, Status
from policy_engine.reports.json_text import to_text
from policy_engine.reports.paths import relative_uri
from policy_engine.reports.printable import cut, one_line
from policy_engine.reports.sarif_rules import Rules, level_of
from policy_engine.reports.verdict import verdict
from policy_engine.sources.text import Place
from policy_engine.sources.values import JsonObject, JsonValue
from policy_engine.wording import counted

MAX_RESULTS = 5_000  # of a run that GitHub keeps; more than 25,000 it refuses
MAX_BYTES = 10_000_000  # of a file: GitHub takes 10 MB when it is packed, and this holds before
MAX_MESSAGE = 4096  # characters; GitHub names no limit, and shows the first sentence
MAX_NOTIFICATIONS = 100  # of each sort; GitHub shows none of them
MAX_NOTIFICATION = 1024  # characters

_ROOT = "%SRCROOT%"  # the name that SARIF viewers know for the root of the sources
_RESERVE = 2_000_000  # bytes, for notifications of the greatest number and length
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_BASELINE = {Status.NEW: "new", Status.EXISTING: "unchanged"}


@record
class SarifWriter:
    """Writes one run, in ASCII. What a change has fixed is left out: GitHub would open an alert for it.

    What cannot be judged is a notification, as SARIF has it, and also a result, which is all that GitHub shows.
    """

    def write(self, report: Report) -> Iterator[str]:
        """Give the report as one JSON object, the gravest results first, as many as GitHub keeps."""
        found = entries(report)
        rules = Rules(report.about, found)
        results = list(_fitting(found, rules, report))
        yield to_text(
            {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(report, rules, results, len(found))]},
        )
        yield "\n"


def _run(report: Report, rules: Rules, results: list[JsonValue], found: int) -> JsonObject:
    omitted = found - len(results)
    properties: JsonObject = {"verdict": one_line(verdict(report)), "omittedResults": omitted}
    if report.change is not None:
        properties["base"] = report.change.base
        properties["head"] = report.change.head
        properties["fixed"] = sum(finding.status is Status.FIXED for finding in report.findings)
    return {
        "tool": {
            "driver": {
                "name": "Polgate",
                "organization": "Polgate",
                "version": __version__,
                "semanticVersion": __version__,
                "rules": rules.describe(),
            }
        },
        "automationDetails": {"id": f"polgate/{'check' if report.change is None else 'gate'}/"},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [
            {
                "executionSuccessful": report.outcome is not Outcome.FAILED,
                "toolExecutionNotifications": [*_notifications(report, omitted)],
            }
        ],
        "results": results,
        "properties": properties,
    }


def _fitting(found: Iterable[Entry], rules: Rules, report: Report) -> Iterator[JsonValue]:
    """Give results as long as the file stays small enough for GitHub."""
    left = MAX_BYTES - _RESERVE - len(to_text(rules.describe()))
    for number, entry in enumerate(found):
        if number == MAX_RESULTS or entry.rule not in rules:
            return
        result = _result(entry, rules)
        if report.change is not None:
            result["baselineState"] = _BASELINE[entry.status]
        left -= len(to_text(result)) + 1
        if left < 0:
            return
        yield result


def _result(entry: Entry, rules: Rules) -> JsonObject:
    return {
        "ruleId": one_line(entry.rule),
        "ruleIndex": rules.index(entry.rule),
        "level": level_of(entry),
        "message": {"text": _text(entry.sentence()) or one_line(entry.rule)},
        "locations": [_location(entry.path, entry.start, entry.end)],
        # The first is the only one that GitHub looks at.
        "partialFingerprints": {"primaryLocationLineHash": entry.fingerprint, "polgate/v1": entry.fingerprint},
    }


def _location(path: str, start: Place | None, end: Place | None) -> JsonObject:
    """Give a place, on one line: a pull request shows only what lies in changed lines with all its lines."""
    if start is None:
        region: JsonObject = {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 2}
    else:
        region = {
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": start.line,
            "endColumn": start.column + 1 if end is None else end.column,
        }
    return {
        "physicalLocation": {
            "artifactLocation": _artifact(path),
            "region": region,
        }
    }


def _artifact(path: str) -> JsonObject:
    uri = relative_uri(path)
    return {"uri": uri} if uri.startswith("file:") else {"uri": uri, "uriBaseId": _ROOT}


def _notifications(report: Report, omitted: int) -> Iterator[JsonValue]:
    for broken in report.broken[:MAX_NOTIFICATIONS]:
        yield _notification("error", f"polgate/{broken.code}", broken.message, broken.path, broken.place)
    for notice in report.notices[:MAX_NOTIFICATIONS]:
        yield _of_notice(notice)
    for count in report.skips[:MAX_NOTIFICATIONS]:
        yield _of_skip(count)
    for sort, all_of_it in (("broken", report.broken), ("notices", report.notices), ("skipped", report.skips)):
        if len(all_of_it) > MAX_NOTIFICATIONS:
            yield _plain(f"{len(all_of_it) - MAX_NOTIFICATIONS} more {sort} are not listed here.")
    if omitted:
        yield _plain(f"{counted(omitted, 'result')} left out, the mildest: GitHub keeps {MAX_RESULTS}.")


def _of_notice(notice: Notice) -> JsonObject:
    message = f"{notice.message}; {notice.help}" if notice.help else notice.message
    return _notification("warning", f"polgate/{notice.code}", message, notice.path, notice.place)


def _of_skip(count: SkipCount) -> JsonObject:
    skip = count.skip
    message = f"{skip.policy} {skip.rule} not decided for {counted(count.objects, 'object')}: {skip.reason}"
    return _notification("note", "polgate/skipped", message, count.path, count.place)


def _notification(level: str, code: str, message: str, path: str, place: Place | None) -> JsonObject:
    told: JsonObject = {
        "descriptor": {"id": one_line(code)},
        "level": level,
        "message": {"text": cut(_text(one_line(message)), MAX_NOTIFICATION) or one_line(code)},
    }
    if path:
        told["locations"] = [_location(path, place, None)]
    return told


def _plain(text: str) -> JsonObject:
    return {"level": "warning", "message": {"text": text}}


def _text(text: str) -> str:
    """Give a message's text. What would be a link in it, `[text](target)`, is none: SARIF, section 3.11.6."""
    return cut(text, MAX_MESSAGE).replace("](", "] (")
