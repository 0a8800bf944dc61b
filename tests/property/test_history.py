"""Requests made of a real history build what the history built."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from policy_engine.admission import Context, PolicySet
from policy_engine.changes.pairing import pair
from policy_engine.changes.settings.model import GateSettings, Rendering
from policy_engine.gating.judging import ChangeJudge
from policy_engine.gating.objects import read_objects, scheme_of
from policy_engine.sources import Document, DocumentReader
from policy_engine.sources.git import Repository
from policy_engine.sources.values import JsonObject
from tests.git_repositories import TestRepository
from tests.histories import Cluster, microservices_demo, texts_of

AS_WRITTEN = GateSettings(rendering=Rendering(helm=False, kustomize=False))
_TEMPLATES = "helm-chart/templates/"


def test_the_requests_of_every_commit_build_exactly_the_objects_of_that_commit(
    shared: Path, tmp_path: Path
) -> None:
    history, commits = microservices_demo(shared, tmp_path / "history.git")
    assert len(commits) == 332
    cluster = Cluster()
    judge = ChangeJudge(PolicySet.compile([], []), Context(), version="1.36")
    with Repository.open(str(history.folder)) as repository:
        before = repository.tree("")
        for number, commit in enumerate(commits):
            tree = repository.tree(commit)
            changes = repository.changes(before.id, tree.id)
            objects = read_objects(before, tree, changes, AS_WRITTEN, scheme_of(AS_WRITTEN), "1.36")
            for one in pair(objects.base.manifests, objects.head.manifests):
                if one.differs:
                    cluster.apply(judge.request(one))
            if changes and (number % 20 == 0 or number == len(commits) - 1):
                assert cluster.held() == texts_of(manifests(history, commit)), commit
            before = tree
    assert sum(cluster.held().values()) >= 50


def manifests(history: TestRepository, commit: str) -> list[JsonObject]:
    """Read all manifests of a commit from its archive. Templates of the chart are none: nothing is rendered."""
    reader, found = DocumentReader(), []
    with tarfile.open(fileobj=io.BytesIO(history.git_bytes("archive", commit))) as archive:
        for member in archive.getmembers():
            if not member.isfile() or member.name.startswith(_TEMPLATES):
                continue
            if member.name.endswith((".yaml", ".yml", ".json")):
                file = archive.extractfile(member)
                assert file is not None
                entries = reader.read(member.name, file.read())
                found += [entry.value for entry in entries if isinstance(entry, Document)]
    return found
