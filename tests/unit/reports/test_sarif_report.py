from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from policy_engine.reports.findings import Finding, Level, PolicyInfo, Report, Status
from policy_engine.reports.sarif_report import MAX_BYTES, MAX_RESULTS, SarifWriter
from policy_engine.sources.text import Excerpt, Place, Span
from tests.golden.rich_report import BROKEN, NEW, RICH


def run(report: Report) -> Any:
    (only,) = json.loads("".join(SarifWriter().write(report)))["runs"]
    return only


def change(*findings: Finding, **others: object) -> Report:
    return replace(RICH, findings=findings, broken=(), notices=(), skips=(), **others)  # type: ignore[arg-type]


def test_a_result_names_its_rule_its_place_and_what_it_is_recognized_by() -> None:
    (result,) = run(change(NEW))["results"]
    assert result == {
        "ruleId": "limit-replicas",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": "Deployment shop/web: expected at most 5 replicas, found 9"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "deploy/web.yaml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 8, "startColumn": 3, "endLine": 8, "endColumn": 14},
                }
            }
        ],
        "partialFingerprints": {"primaryLocationLineHash": "0a" * 16, "polgate/v1": "0a" * 16},
        "baselineState": "new",
    }


def test_what_is_fixed_is_left_out_and_what_was_there_is_unchanged() -> None:
    report = change(replace(NEW, status=Status.FIXED), replace(NEW, status=Status.EXISTING))
    assert [result["baselineState"] for result in run(report)["results"]] == ["unchanged"]
    assert run(report)["properties"]["fixed"] == 1


def test_files_have_no_baseline() -> None:
    (result,) = run(change(NEW, change=None))["results"]
    assert "baselineState" not in result


def test_a_place_of_several_lines_is_cut_to_its_first() -> None:
    finding = replace(NEW, span=Span(Place(3, 1), Place(9, 1)), excerpt=Excerpt("metadata:", 1))
    (result,) = run(change(finding))["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert region == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 10}


def test_paths_are_relative_and_percent_encoded() -> None:
    paths = ["./a b/c#d%.yaml", "x:y.yaml", "ä\udcff.yaml", "/tmp/a.yaml", "a?b"]
    results = run(change(*(replace(NEW, path=path) for path in paths)))["results"]
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in results}
    assert uris == {"a%20b/c%23d%25.yaml", "x%3Ay.yaml", "%C3%A4%FF.yaml", "file:///tmp/a.yaml", "a%3Fb"}


def test_what_cannot_be_judged_is_a_result_and_a_notification() -> None:
    found = run(replace(change(), broken=BROKEN[:1]))
    assert [result["ruleId"] for result in found["results"]] == ["polgate/duplicate-key"]
    (invocation,) = found["invocations"]
    assert invocation["executionSuccessful"] is False
    assert [told["descriptor"]["id"] for told in invocation["toolExecutionNotifications"]] == [
        "polgate/duplicate-key"
    ]


def test_a_rule_says_what_its_policy_says_of_itself() -> None:
    rule = run(change())["tool"]["driver"]["rules"][0]
    assert rule["name"] == "LimitReplicas"
    assert rule["shortDescription"]["text"] == "Few replicas."
    assert rule["fullDescription"]["text"].startswith("More than five replicas need a talk.")
    assert rule["help"]["markdown"] == RICH.about[0].description
    assert rule["helpUri"] == RICH.about[0].url
    assert rule["properties"] == {
        "tags": ["kubernetes", "policy"],
        "precision": "very-high",
        "problem.severity": "error",
    }


def test_a_rule_of_a_policy_that_only_warns_is_a_warning() -> None:
    report = change(replace(NEW, policy="soft", level=Level.WARN), about=(PolicyInfo(name="soft"),))
    (rule,) = run(report)["tool"]["driver"]["rules"]
    assert rule["defaultConfiguration"] == {"level": "warning"}


def test_no_text_of_a_message_is_a_link() -> None:
    (result,) = run(change(replace(NEW, message="see [here](http://evil.example)")))["results"]
    assert "](" not in result["message"]["text"]


def test_the_gravest_are_kept_and_the_rest_is_counted() -> None:
    warning = replace(NEW, level=Level.WARN)
    found = run(change(*[warning] * MAX_RESULTS, NEW))
    assert len(found["results"]) == MAX_RESULTS
    assert found["results"][0]["level"] == "error"
    assert found["properties"]["omittedResults"] == 1
    assert found["invocations"][0]["toolExecutionNotifications"][-1]["message"]["text"] == (
        "1 result left out, the mildest: GitHub keeps 5000."
    )


def test_a_report_is_never_larger_than_github_takes() -> None:
    long = [replace(NEW, message="漢" * 10_000, path=f"{number}.yaml") for number in range(500)]
    report = replace(RICH, findings=tuple(long))
    text = "".join(SarifWriter().write(report))
    assert len(text) <= MAX_BYTES
    assert json.loads(text)["runs"][0]["properties"]["omittedResults"] > 0
