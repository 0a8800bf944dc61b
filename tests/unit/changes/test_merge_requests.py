from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from policy_engine.changes.merge_requests import (
    MAX_COMMITS,
    MAX_FILES,
    MAX_MESSAGES,
    ChangedFile,
    CommitInfo,
    FileStatus,
    Signature,
    merge_request_object,
)
from policy_engine.forges.proposals import Proposal
from policy_engine.sources.values import JsonObject

ALL = Proposal(
    number=12,
    url="https://example.org/12",
    title="SHOP-1: sell more",
    description="",
    author="ann",
    is_draft=False,
    labels=("b", "a", "b"),
    source_branch="feature",
    target_branch="main",
    approvals=("bob", "bob"),
)
FILE = ChangedFile(path="b", status=FileStatus.RENAMED, previous_path="a")


def commit(message: str = "x\n\ny", signature: Signature | None = None) -> CommitInfo:
    return CommitInfo(
        id="c0ffee",
        subject="x",
        message=message,
        author_name="Ann",
        author_email="ann@example.org",
        signature=signature,
    )


def spec_of(value: JsonObject) -> JsonObject:
    spec = value["spec"]
    assert isinstance(spec, dict)
    return spec


def made(
    proposal: Proposal, files: list[ChangedFile] | None = None, commits: list[CommitInfo] | None = None
) -> JsonObject:
    return merge_request_object(proposal, base="b0", head="h1", files=files or [], commits=commits or [])


def test_a_proposal_is_an_object() -> None:
    assert made(ALL, [FILE], [commit(signature=Signature.UNVERIFIED)]) == {
        "apiVersion": "polgate.io/v1alpha1",
        "kind": "MergeRequest",
        "metadata": {"name": "mr-12"},
        "spec": {
            "number": 12,
            "url": "https://example.org/12",
            "title": "SHOP-1: sell more",
            "description": "",
            "author": {"login": "ann"},
            "draft": False,
            "labels": ["b", "a"],
            "sourceBranch": "feature",
            "targetBranch": "main",
            "approvals": ["bob"],
            "base": "b0",
            "head": "h1",
            "fileCount": 1,
            "commitCount": 1,
            "files": [{"path": "b", "status": "renamed", "previousPath": "a"}],
            "commits": [
                {
                    "id": "c0ffee",
                    "subject": "x",
                    "message": "x\n\ny",
                    "author": {"name": "Ann", "email": "ann@example.org"},
                    "signed": True,
                    "signature": "unverified",
                }
            ],
        },
    }


def test_what_the_forge_did_not_tell_is_absent() -> None:
    value = made(Proposal(), [ChangedFile(path="a", status=FileStatus.ADDED)], [commit()])
    assert value["metadata"] == {"name": "h1"}
    assert set(spec_of(value)) == {"base", "head", "fileCount", "commitCount", "files", "commits"}
    assert spec_of(value)["files"] == [{"path": "a", "status": "added"}]
    assert "signed" not in json.dumps(value)


def test_nobody_having_approved_is_told_from_nobody_knowing() -> None:
    assert spec_of(made(Proposal(approvals=(), labels=())))["approvals"] == []


@pytest.mark.parametrize(
    ("files", "commits", "missing"),
    [
        ([FILE] * MAX_FILES, [commit()] * MAX_COMMITS, set()),
        ([FILE] * (MAX_FILES + 1), [commit()], {"files"}),
        ([FILE], [commit()] * (MAX_COMMITS + 1), {"commits"}),
        ([FILE], [commit("x" * MAX_MESSAGES), commit("x")], {"commits"}),
    ],
    ids=["at the limits", "files", "commits", "messages"],
)
def test_a_list_that_is_too_long_is_absent_and_counted(
    files: list[ChangedFile], commits: list[CommitInfo], missing: set[str]
) -> None:
    spec = spec_of(made(Proposal(), files, commits))
    assert {"files", "commits"} - set(spec) == missing
    assert (spec["fileCount"], spec["commitCount"]) == (len(files), len(commits))


@pytest.mark.parametrize("proposal", [ALL, Proposal()], ids=["everything", "nothing"])
def test_every_object_keeps_to_the_published_schema(proposal: Proposal, root: Path) -> None:
    schema = json.loads((root / "docs/schemas/merge-request.v1alpha1.schema.json").read_text())
    value = made(proposal, [FILE], [commit(signature=Signature.NONE), commit()])
    assert [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(value)] == []


def test_half_a_character_can_still_be_written_as_json() -> None:
    value = made(Proposal(title="\ud800", author="\ud800", labels=("\ud800",)), [], [commit("\udcff")])
    assert json.dumps(value, ensure_ascii=False).encode()
    assert spec_of(value)["title"] == "\\ud800"
