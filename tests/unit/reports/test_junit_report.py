"""JUnit's XML, held against the part of Jenkins' junit-10.xsd that is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from policy_engine.reports.findings import Blocking, Finding, Level, Report, Status, combine
from policy_engine.reports.junit_report import JUnitWriter
from tests.golden.rich_report import BROKEN, NEW, RICH

# Elements with their attributes, required ones first, and what may stand in them.
_COUNTS = ("tests", "failures", "errors")
SCHEMA: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "testsuites": ((), ("name", "time", *_COUNTS), ("testsuite",)),
    "testsuite": (
        ("name", *_COUNTS),
        ("skipped", "file", "id", "package", "timestamp"),
        ("testcase", "system-out"),
    ),
    "testcase": (("name",), ("time", "classname", "group"), ("skipped", "error", "failure", "system-out")),
    "failure": ((), ("type", "message"), ()),
    "error": ((), ("type", "message"), ()),
    "skipped": ((), ("type", "message"), ()),
    "system-out": ((), (), ()),
}


def written(report: Report) -> ElementTree.Element:
    return ElementTree.fromstring("".join(JUnitWriter().write(report)))


def change(*findings: Finding, **others: object) -> Report:
    return replace(RICH, findings=findings, broken=(), notices=(), skips=(), **others)  # type: ignore[arg-type]


def faults(element: ElementTree.Element) -> list[str]:
    required, optional, inside = SCHEMA[element.tag]
    found = [f"{element.tag} without {name}" for name in required if name not in element.attrib]
    found += [f"{element.tag} with {name}" for name in element.attrib if name not in required + optional]
    found += [f"{child.tag} in {element.tag}" for child in element if child.tag not in inside]
    if element.tag.startswith("testsuite") and (element.text or "").strip():
        found.append(f"text in {element.tag}")
    return found + [fault for child in element if child.tag in inside for fault in faults(child)]


@pytest.mark.parametrize("report", [RICH, replace(RICH, change=None), combine([], policies=0)])
def test_a_report_is_what_jenkins_schema_says(report: Report) -> None:
    assert faults(written(report)) == []


def test_the_numbers_of_a_suite_are_those_of_its_tests() -> None:
    for suite in written(RICH).iter("testsuite"):
        results = Counter(child.tag for case in suite for child in case)
        assert suite.attrib["tests"] == str(len(suite))
        assert suite.attrib["failures"] == str(results["failure"])
        assert suite.attrib["errors"] == str(results["error"])
        assert suite.attrib["skipped"] == str(results["skipped"])


def test_a_run_without_findings_has_a_test_that_passes() -> None:
    (suite,) = written(change())
    assert [(case.attrib["name"], [child.tag for child in case]) for case in suite] == [
        ("verdict", ["system-out"])
    ]


@pytest.mark.parametrize(
    ("finding", "result"),
    [
        (NEW, "failure"),
        (replace(NEW, level=Level.WARN), "system-out"),
        (replace(NEW, status=Status.EXISTING), "skipped"),
    ],
)
def test_what_blocks_is_a_failure_and_what_does_not_is_none(finding: Finding, result: str) -> None:
    (case,) = written(change(finding)).findall("testsuite[@name='deploy/web.yaml']/testcase")
    assert [child.tag for child in case] == [result]


def test_what_cannot_be_judged_is_an_error() -> None:
    (case,) = written(replace(change(), broken=BROKEN[:1])).findall("testsuite[2]/testcase")
    assert [(child.tag, child.attrib["type"]) for child in case] == [("error", "polgate/duplicate-key")]


def test_what_is_skipped_fails_where_it_blocks() -> None:
    skipped = replace(change(), skips=RICH.skips)
    assert len(written(skipped).findall(".//skipped")) == 1
    assert len(written(replace(skipped, blocking=Blocking(skipped=True))).findall(".//failure")) == 2


def test_tests_of_one_name_are_numbered() -> None:
    cases = written(change(NEW, NEW)).findall("testsuite[2]/testcase")
    assert [case.attrib["name"] for case in cases] == [
        "limit-replicas: Deployment shop/web",
        "limit-replicas: Deployment shop/web (2)",
    ]


def test_a_path_is_one_class_of_one_package() -> None:
    (case,) = written(change(replace(NEW, path="a.b/c.yaml"))).findall("testsuite[2]/testcase")
    assert case.attrib["classname"] == "polgate.a_b/c_yaml"


def test_characters_that_xml_forbids_are_shown_and_not_sent() -> None:
    (failure,) = written(change(replace(NEW, message="a\x00b\x1b\ufffe]]>&<\udc80"))).findall(
        "testsuite[2]//failure"
    )
    assert failure.attrib["message"] == r"Deployment shop/web: a\x00b\x1b\ufffe]]>&<\udc80"
