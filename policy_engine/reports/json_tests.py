"""What `polgate test` finds, for programs."""

from __future__ import annotations

from policy_engine.authoring.testing.compare import Difference
from policy_engine.authoring.testing.results import TestRun
from policy_engine.authoring.testing.run import CaseResult
from policy_engine.reports.json_mistakes import mistake
from policy_engine.reports.json_places import location
from policy_engine.sources.values import JsonObject

VERSION = 1


def tests_to_json(run: TestRun) -> JsonObject:
    """Give the run as JSON values. The shape is described in docs/schemas/test-report.v1.schema.json."""
    return {
        "version": VERSION,
        "filter": run.filter,
        "summary": {**run.counts},
        "cases": [_case(result) for result in run.results],
        "mistakes": [mistake(one) for one in run.mistakes],
    }


def _case(result: CaseResult) -> JsonObject:
    return {
        "name": result.name,
        "passed": result.passed,
        "wanted": [{**want.describe()} for want in result.wants],
        "found": [{**found.describe()} for found in result.found],
        "differences": [_difference(difference) for difference in result.differences],
        "location": location(result.path, result.place),
    }


def _difference(difference: Difference) -> JsonObject:
    return {
        "wanted": None if difference.want is None else {**difference.want.describe()},
        "found": None if difference.found is None else {**difference.found.describe()},
        "narrowing": [{"after": after, "left": left} for after, left in difference.narrowing],
    }
