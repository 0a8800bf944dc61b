"""The shipped policies: each has its tests and its page, and passes what users would run."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.authoring.lint import lint
from policy_engine.authoring.testing.run import run_file
from policy_engine.cel.environment import NEWEST
from policy_engine.sources.document import Document
from policy_engine.sources.reading import DocumentReader

LIBRARY = Path(__file__).resolve().parent.parent / "policies"
POLICIES = sorted(LIBRARY.rglob("policy.yaml"))


def policy_id(policy: Path) -> str:
    return str(policy.parent.relative_to(LIBRARY))


@pytest.mark.parametrize("policy", POLICIES, ids=policy_id)
def test_a_policy_passes_its_own_tests(policy: Path) -> None:
    result = run_file(str(policy.parent / "policy.test.yaml"), version=str(NEWEST), selects=lambda name: True)
    assert [mistake.render() for mistake in result.mistakes] == []
    assert [case.name for case in result.results if not case.passed] == []


@pytest.mark.parametrize("policy", POLICIES, ids=policy_id)
def test_the_tests_of_a_policy_want_both_outcomes(policy: Path) -> None:
    result = run_file(str(policy.parent / "policy.test.yaml"), version=str(NEWEST), selects=lambda name: True)
    wanted = {want.outcome.value for case in result.results for want in case.wants}
    assert {"allow", "deny"} <= wanted


@pytest.mark.parametrize("policy", POLICIES, ids=policy_id)
def test_every_validation_of_a_policy_is_seen_to_deny(policy: Path) -> None:
    result = run_file(str(policy.parent / "policy.test.yaml"), version=str(NEWEST), selects=lambda name: True)
    found = [found for case in result.results for found in case.found]
    denying = {one.validation for one in found if one.outcome.value == "deny"}
    assert {one.validation for one in found if one.validation is not None} <= denying


@pytest.mark.parametrize("policy", POLICIES, ids=policy_id)
@pytest.mark.parametrize("version", ["1.30", str(NEWEST)])
def test_the_api_server_takes_a_policy(policy: Path, version: str) -> None:
    entries = DocumentReader().read(policy.name, policy.read_bytes())
    documents = [entry for entry in entries if isinstance(entry, Document)]
    assert documents
    assert [finding.mistake.render() for finding in lint(documents, version=version)] == []


@pytest.mark.parametrize("policy", POLICIES, ids=policy_id)
def test_a_policy_has_a_page(policy: Path) -> None:
    page = policy.parent / "README.md"
    assert page.read_text().startswith("# ")
