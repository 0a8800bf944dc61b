"""The files of a change and the proposal to merge it, judged where policies ask for them."""

from __future__ import annotations

from collections.abc import Sequence

from policy_engine.admission import AdmissionRequest
from policy_engine.changes.codes import GateCode
from policy_engine.changes.merge_requests import MAX_COMMITS
from policy_engine.forges.proposals import Proposal
from policy_engine.gating.changed_files import read_files
from policy_engine.gating.judging import ChangeFindings, ChangeJudge
from policy_engine.gating.objects import TouchedObjects
from policy_engine.gating.own_policies import FILES, MERGE_REQUESTS, OwnPolicies
from policy_engine.gating.proposal import proposal_pair
from policy_engine.gating.revisions import Revisions
from policy_engine.records import record
from policy_engine.reports.findings import Notice
from policy_engine.sources import Broken
from policy_engine.sources.git import Commit, FileChange, Repository


@record
class JudgedOwn:
    """What was judged, and files that cannot be read in their format."""

    requests: tuple[AdmissionRequest, ...]
    broken: tuple[Broken, ...]
    notices: tuple[Notice, ...]


def judge_own(
    policies: OwnPolicies,
    judge: ChangeJudge,
    findings: ChangeFindings,
    *,
    repository: Repository,
    revisions: Revisions,
    changes: Sequence[FileChange],
    objects: TouchedObjects,
    proposal: Proposal | None,
) -> JudgedOwn:
    """Judge what policies ask for, and add to the findings. judge: judges by these policies.

    proposal: None where nobody tells of one; policies about it are not asked then.
    """
    requests: list[AdmissionRequest] = []
    broken: tuple[Broken, ...] = ()
    if policies.about(FILES):
        files = read_files(
            revisions.base_tree,
            revisions.head_tree,
            objects.base.others,
            objects.head.others,
            parts=objects.head.parts,
        )
        broken = files.broken
        requests += [judge.judge(one, findings) for one in files.pairs]
    names = policies.about(MERGE_REQUESTS)
    if names and proposal is not None:
        commits: tuple[Commit, ...] = ()
        if not revisions.is_staged:
            commits = repository.commits(revisions.base, revisions.head, MAX_COMMITS + 1)
        made = proposal_pair(proposal, base=revisions.base, head=revisions.head, changes=changes, commits=commits)
        requests.append(judge.judge(made, findings))
    notices = (_unasked(names),) if names and proposal is None else ()
    return JudgedOwn(tuple(requests), broken, notices)


def _unasked(names: Sequence[str]) -> Notice:
    """Say that there is no merge request: that is no decision that somebody failed to make."""
    policies = ", ".join(f"`{name}`" for name in names)
    return Notice(
        code=GateCode.NO_MERGE_REQUEST,
        message=f"no merge request is known here, so what is about it was not asked: {policies}",
    )
