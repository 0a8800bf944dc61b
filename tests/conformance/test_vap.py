"""Real policies and own cases, and what Kubernetes' admission code answered."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from policy_engine.authoring.review_batch import review_case

# The recorder of the suite let the last failure overwrite those before it. kube-apiserver up to 1.36 keeps the
# first instead, later ones keep all (kubernetes/kubernetes#140001), as this project does.
AUDITED_DIFFERENTLY = {"act/warn-audit"}


def _read(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


def _wanted(case: dict[str, Any]) -> dict[str, Any]:
    want = case["want"]
    wanted = {key: want.get(key) for key in ("matched", "denied", "code", "reason", "message")}
    wanted |= {"decisions": want.get("decisions", []), "warnings": want.get("warnings", [])}
    if case["id"] not in AUDITED_DIFFERENTLY:
        wanted["auditAnnotations"] = want.get("audit", {})
    return wanted


def _differences(cases: Iterator[dict[str, Any]]) -> tuple[int, list[str]]:
    count, differences = 0, []
    for case in cases:
        if case.get("kyverno_ext"):
            continue  # calls functions that only Kyverno has
        count += 1
        answer, wanted = review_case(case), _wanted(case)
        differences += [
            f"{case['id']}: {key}: wanted {wanted[key]!r}, found {answer[key]!r}"
            for key in wanted
            if answer[key] != wanted[key]
        ]
    return count, differences


def test_real_policies_are_judged_as_kubernetes_judges_them(suites: Path) -> None:
    count, differences = _differences(_read(suites / "vap" / "cases.jsonl.gz"))
    assert differences == []
    assert count > 2000


def test_the_fine_points_are_as_kubernetes_has_them(suites: Path) -> None:
    count, differences = _differences(_read(suites / "vap" / "edge_cases.jsonl"))
    assert differences == []
    assert count > 50
