"""Revisions that are not there: who named them, and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_engine.forges.proposals import Build
from policy_engine.gating.gate import judge_change
from policy_engine.gating.options import GateOptions
from policy_engine.sources.git import GitError
from tests.git_repositories import TestRepository

MISSING = "3f1d0c9e5b7a42864c0d1e2f3a4b5c6d7e8f9012"


def refused(repository: TestRepository, build: Build | None, *, base: str = "") -> GitError:
    with pytest.raises(GitError) as caught:
        judge_change(GateOptions(repository=str(repository.folder), base=base), build)
    return caught.value


def test_a_revision_that_the_environment_names_and_is_not_there_says_who_named_it(
    repository: TestRepository,
) -> None:
    build = Build(system="GitHub Actions", event="push", base=MISSING, head="HEAD")
    assert refused(repository, build).message == (
        f"`{MISSING}` is no revision in this clone "
        f"(`{MISSING}` is named by GitHub Actions or POLGATE_BASE and POLGATE_HEAD)"
    )
    fetched = Build(system="GitHub Actions", event="push", base=MISSING, head="HEAD", fetch=(MISSING,))
    assert "`git fetch` failed" in refused(repository, fetched).message
    assert "is named by GitHub Actions" in refused(repository, fetched).message
    named = Build(system="environment", event="", base="nope")
    assert refused(repository, named).message.endswith("(`nope` is named by POLGATE_BASE and POLGATE_HEAD)")


def test_a_revision_that_an_option_names_is_only_said_not_to_be_there(repository: TestRepository) -> None:
    assert refused(repository, None, base="nope").message == "`nope` is no revision in this clone"


def test_without_any_commit_the_error_says_so(tmp_path: Path) -> None:
    empty = TestRepository.create(tmp_path / "empty")
    error = refused(empty, None, base="main")
    assert (error.message, error.help) == ("there is no commit yet", "commit something, or give `--head`")
