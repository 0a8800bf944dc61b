"""The proposal to merge a change, as an object with lines that can be shown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from policy_engine.changes.manifests import Manifest
from policy_engine.changes.merge_requests import (
    ChangedFile,
    CommitInfo,
    FileStatus,
    Signature,
    merge_request_object,
)
from policy_engine.changes.pairing import Pair
from policy_engine.field_paths import FieldPath
from policy_engine.forges.proposals import Proposal
from policy_engine.sources import Document, Place
from policy_engine.sources.formats.places import KnownPlaces
from policy_engine.sources.git import Commit, FileChange
from policy_engine.sources.text import SourceText


def proposal_pair(
    proposal: Proposal, *, base: str, head: str, changes: Sequence[FileChange], commits: Sequence[Commit]
) -> Pair:
    """Make the pair of a proposal: it is created, whatever it was when somebody looked at it before."""
    value = merge_request_object(
        proposal, base=base, head=head, files=_files(changes), commits=map(_commit, commits)
    )
    name = "merge request" if proposal.number is None else f"merge request {proposal.number}"
    spec = value["spec"]
    assert isinstance(spec, dict)
    places: dict[FieldPath, Place] = {}
    lines = []
    for line, (field, content) in enumerate(spec.items(), start=1):
        places[("spec", field)] = Place(line, 1)
        lines.append(f"{field}: {_shown(content)}")
    layout = KnownPlaces(SourceText(name, "\n".join(lines)), places)
    document = Document(path=name, index=0, value=value, inside=(), layout=layout)
    manifest = Manifest(document=document)
    return Pair(identity=manifest.identity(), old=None, new=manifest)


def _shown(content: object) -> str:
    return content if isinstance(content, str) and content.isprintable() else json.dumps(content)


def _files(changes: Sequence[FileChange]) -> Iterator[ChangedFile]:
    """Name the files, and call the same content at another path a renaming."""
    gone = {change.old.id: change.path for change in changes if change.old is not None and change.new is None}
    renamed: set[str] = set()
    for change in changes:
        if change.old is None and change.new is not None and gone.get(change.new.id) is not None:
            renamed.add(gone.pop(change.new.id))
    moved = {change.old.id: change.path for change in changes if change.path in renamed and change.old is not None}
    for change in changes:
        if change.path in renamed and change.new is None:
            continue
        if change.old is None:
            assert change.new is not None
            previous = moved.pop(change.new.id, "")
            status = FileStatus.RENAMED if previous else FileStatus.ADDED
            yield ChangedFile(path=change.path, status=status, previous_path=previous)
        else:
            status = FileStatus.DELETED if change.new is None else FileStatus.MODIFIED
            yield ChangedFile(path=change.path, status=status)


def _commit(commit: Commit) -> CommitInfo:
    return CommitInfo(
        id=commit.id,
        subject=commit.subject,
        message=commit.message,
        author_name=commit.author_name,
        author_email=commit.author_email,
        signature=Signature.UNVERIFIED if commit.is_signed else Signature.NONE,
    )
