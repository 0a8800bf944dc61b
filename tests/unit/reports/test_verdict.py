from __future__ import annotations

from dataclasses import replace

import pytest

from policy_engine.reports.findings import Blocking, Finding, Level, Report, Status
from policy_engine.reports.verdict import verdict
from tests.golden.rich_report import BROKEN, NEW, RICH

EXISTING = replace(NEW, status=Status.EXISTING)
WARNING = replace(NEW, level=Level.WARN)


def change(*findings: Finding, **others: object) -> Report:
    return replace(RICH, findings=findings, broken=(), **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (change(), "passed: nothing new is denied"),
        (change(EXISTING), "passed: nothing new is denied"),
        (change(WARNING), "passed: 1 warning, which does not block"),
        (change(NEW), "blocked: 1 denial is new, at deploy/web.yaml:8:3"),
        (change(NEW, NEW), "blocked: 2 denials are new, first at deploy/web.yaml:8:3"),
        (
            change(WARNING, NEW, blocking=Blocking(level=Level.WARN)),
            "blocked: 1 denial, 1 warning are new, first at deploy/web.yaml:8:3",
        ),
        (
            change(EXISTING, blocking=Blocking(existing=True)),
            "blocked: 1 denial was there before and counts too, at deploy/web.yaml:8:3",
        ),
        (
            change(blocking=Blocking(skipped=True)),
            "blocked: 2 decisions could not be made, and each has to be",
        ),
        (
            replace(change(NEW), broken=BROKEN[:1]),
            "failed: 1 place cannot be judged, deploy/broken.yaml:5:3; 1 denial is new, at deploy/web.yaml:8:3",
        ),
        (replace(change(), change=None), "passed: nothing is denied"),
        (replace(change(NEW), change=None), "blocked: 1 denial, at deploy/web.yaml:8:3"),
    ],
)
def test_a_verdict_says_what_blocks_and_where(report: Report, told: str) -> None:
    assert verdict(report) == told
