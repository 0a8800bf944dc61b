"""A proposal to merge as an object that policies can match: `kind: MergeRequest`."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from policy_engine.changes.own_kinds import API_VERSION, MERGE_REQUEST_KIND
from policy_engine.changes.plain_text import plain_text
from policy_engine.forges.proposals import Proposal
from policy_engine.records import record
from policy_engine.sources.values import JsonObject, JsonValue

MAX_FILES = 3000  # GitHub REST pulls/list-files gives no more
MAX_COMMITS = 1000
MAX_MESSAGES = 1024 * 1024  # characters of all commits' messages


class FileStatus(StrEnum):
    """What a change does to a file."""

    ADDED = "added"
    MODIFIED = "modified"
    DELETED = "deleted"
    RENAMED = "renamed"


@record(kw_only=True)
class ChangedFile:
    """A file that a change touches. previous_path: of a renamed one."""

    path: str
    status: FileStatus
    previous_path: str = ""


class Signature(StrEnum):
    """What is known of a commit's signature: `unverified` stands for one that nobody here can check."""

    NONE = "none"
    UNVERIFIED = "unverified"
    VERIFIED = "verified"


@record(kw_only=True)
class CommitInfo:
    """A commit of a change. subject: its message's first line. signature: None where nobody looked for one."""

    id: str
    subject: str
    message: str
    author_name: str
    author_email: str
    signature: Signature | None = None


def merge_request_object(
    proposal: Proposal, *, base: str, head: str, files: Iterable[ChangedFile], commits: Iterable[CommitInfo]
) -> JsonObject:
    """Make the object of a proposal. base, head: ids of the commits that are compared.

    What the forge did not tell is absent, and so is a list that is too long: an expression that needs it fails,
    and `failurePolicy` says what that means. A part of a list would let through what is in the rest.
    """
    all_files, all_commits = list(files), list(commits)
    spec: JsonObject = {
        **_told(proposal),
        "base": base,
        "head": head,
        "fileCount": len(all_files),
        "commitCount": len(all_commits),
    }
    if len(all_files) <= MAX_FILES:
        spec["files"] = [_file(file) for file in all_files]
    if len(all_commits) <= MAX_COMMITS and sum(len(commit.message) for commit in all_commits) <= MAX_MESSAGES:
        spec["commits"] = [_commit(commit) for commit in all_commits]
    name = head if proposal.number is None else f"mr-{proposal.number}"
    return {"apiVersion": API_VERSION, "kind": MERGE_REQUEST_KIND, "metadata": {"name": name}, "spec": spec}


def _told(proposal: Proposal) -> JsonObject:
    fields: JsonObject = {
        "number": proposal.number,
        "url": _or_none(proposal.url),
        "title": _or_none(proposal.title, keeps_empty=True),
        "description": _or_none(proposal.description, keeps_empty=True),
        "author": {"login": plain_text(proposal.author)} if proposal.author else None,
        "draft": proposal.is_draft,
        "labels": _texts(proposal.labels),
        "sourceBranch": _or_none(proposal.source_branch),
        "targetBranch": _or_none(proposal.target_branch),
        "approvals": _texts(proposal.approvals),
    }
    return {name: value for name, value in fields.items() if value is not None}


def _or_none(text: str | None, *, keeps_empty: bool = False) -> str | None:
    return None if text is None or not (text or keeps_empty) else plain_text(text)


def _texts(texts: tuple[str, ...] | None) -> list[JsonValue] | None:
    return None if texts is None else [plain_text(text) for text in dict.fromkeys(texts)]


def _file(file: ChangedFile) -> JsonObject:
    value: JsonObject = {"path": plain_text(file.path), "status": file.status.value}
    if file.previous_path:
        value["previousPath"] = plain_text(file.previous_path)
    return value


def _commit(commit: CommitInfo) -> JsonObject:
    value: JsonObject = {
        "id": commit.id,
        "subject": plain_text(commit.subject),
        "message": plain_text(commit.message),
        "author": {"name": plain_text(commit.author_name), "email": plain_text(commit.author_email)},
    }
    if commit.signature is not None:
        value["signed"] = commit.signature is not Signature.NONE
        value["signature"] = commit.signature.value
    return value
