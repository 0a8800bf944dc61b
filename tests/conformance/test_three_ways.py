"""The same policy and object, judged by `polgate check`, by `polgate gate` and by the webhook: one verdict."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from policy_engine.authoring.files import BrokenFiles
from policy_engine.checking.recipe import Recipe
from policy_engine.forges.proposals import Build, Proposal
from policy_engine.gating.admission_reviews import to_review
from policy_engine.gating.gate import Judged, judge_change
from policy_engine.gating.options import GateOptions
from policy_engine.reports.findings import FileFindings, Finding, Level, Status
from tests.conftest import shared_folder
from tests.git_repositories import TestRepository
from tests.unit.webhook.asgi import Gate

_EDGES = shared_folder() / "suites" / "vap" / "edge_cases.jsonl"
# Where the suite is not at hand, one case without an id stands for all, and is skipped.
_LINES = _EDGES.read_text().splitlines() if _EDGES.exists() else ['{"id": ""}']
# What the suite writes of resources is refused by every server, and means the same.
CASES: list[dict[str, Any]] = [json.loads(line.replace('["*","*/*"]', '["*/*"]')) for line in _LINES]
# Manifests of a subresource do not exist: nobody applies a status.
NO_MANIFEST = {case["id"] for case in CASES if case["id"] and case["request"]["subresource"]}
SETTINGS = {
    "apiVersion": "polgate.io/v1alpha1",
    "kind": "GateSettings",
    "policies": ["policies"],
    "users": {"alice": {"username": "alice", "groups": ["dev", "system:authenticated"]}},
}
BY_ALICE = Build(system="a forge", event="proposal", proposal=Proposal(author="alice"))


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"] or "none") for case in CASES])
def test_check_gate_and_webhook_say_the_same(case: dict[str, Any], shared: Path, tmp_path: Path) -> None:
    if case["id"] in NO_MANIFEST:
        assert case["request"]["subresource"] == "status"
        return
    policies = {
        "policies/all.json": json.dumps(
            {
                "apiVersion": "v1",
                "kind": "List",
                "items": [case["policy"], *case["bindings"], *case["params"], *case["namespaces"]],
            }
        )
    }
    folder = tmp_path / "repository"
    repository = TestRepository.create(folder)
    repository.write({**policies, ".polgate.yaml": json.dumps(SETTINGS)})
    try:
        checked = check(case, folder)
    except BrokenFiles:
        with pytest.raises(BrokenFiles):
            gate(case, repository)
        with pytest.raises(BrokenFiles):
            Gate(folder / "policies")
        return
    gated = gate(case, repository)
    if not gated.requests:
        return  # nothing differs, so no change of a repository asks for it
    found = [finding for finding in gated.report.findings if finding.status is not Status.FIXED]
    if checked is not None:
        assert sorted(skip.policy for skip in checked.skips) == sorted(
            count.skip.policy for count in gate(case, repository, build=None).report.skips
        )
        if not checked.skips:
            assert [told(finding) for finding in checked.findings] == [told(finding) for finding in found]
    if not gated.report.skips:
        assert_webhook_says(found, gated, folder / "policies")


def check(case: dict[str, Any], folder: Path) -> FileFindings | None:
    """Give what `polgate check` finds; None where the case is about something that was there before."""
    policies = (str(folder / "policies"),)
    recipe = Recipe(policy_paths=policies, version="1.36", namespaces=(), definitions=(), params=())
    judge = recipe.load()
    if case["request"]["operation"] != "CREATE":
        return None
    return judge.judge("object.json", json.dumps(case["request"]["object"]).encode())


def gate(case: dict[str, Any], repository: TestRepository, *, build: Build | None = BY_ALICE) -> Judged:
    """Give what `polgate gate` finds about the commit that makes the case's request."""
    request = case["request"]
    old, new = (None if o is None else json.dumps(o) for o in (request["oldObject"], request["object"]))
    base = repository.commit({} if old is None else {"object.json": old})
    head = repository.commit({"object.json": new})
    options = GateOptions(repository=str(repository.folder), base=base, head=head, existing=True)
    judged = judge_change(options, build)
    repository.commit({"object.json": None} if new is not None else {})
    assert len(judged.requests) == (request["object"] != request["oldObject"])
    return judged


def assert_webhook_says(found: list[Finding], gated: Judged, policies: Path) -> None:
    """Send the gate's request to a server, and see that it answers what the gate has found."""
    review = to_review(gated.requests[0], 0)
    answer = asyncio.run(Gate(policies).call("POST", "/validate", body=review)).response
    denials = [finding for finding in found if finding.level is Level.DENY]
    assert answer["allowed"] == (not denials)
    if denials:
        first = denials[0]
        assert answer["status"]["reason"] == (first.reason or "Invalid")
        by = f" with binding '{first.binding}'" if first.binding else ""
        said = f"ValidatingAdmissionPolicy '{first.policy}'{by} denied request: {first.message}"
        assert said in answer["status"]["message"]
    warned = [finding.message for finding in found if finding.level is Level.WARN]
    assert len(answer.get("warnings", [])) == len(warned)
    assert all(message in warning for message, warning in zip(warned, answer.get("warnings", []), strict=True))


def told(finding: Finding) -> tuple[object, ...]:
    """Give what a finding says, wherever it was found."""
    return (
        finding.level,
        finding.policy,
        finding.binding,
        finding.param,
        finding.rule,
        finding.message,
        finding.reason,
        finding.is_error,
        finding.object,
        finding.field,
        finding.fingerprint,
    )
