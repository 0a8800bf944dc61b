"""GitLab CI/CD: everything is in variables.

Source: GitLab documentation, "Predefined CI/CD variables reference"; lib/gitlab/ci/variables/builder/pipeline.rb;
ee/app/services/merge_trains/create_pipeline_service.rb.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from policy_engine.forges import told
from policy_engine.forges.proposals import Build, Forge, ForgeKind, Proposal

_SYSTEM = "GitLab CI/CD"
# "If the description is more than 2700 characters long, only the first 2700 characters are stored."
_CUT_DESCRIPTION = 2700


def detect(environment: Mapping[str, str]) -> Build | None:
    """Say what a pipeline runs for; None where this is none.

    Raises: InputError where a variable holds what GitLab never puts there.
    """
    if environment.get("GITLAB_CI") != "true":
        return None
    # Not by CI_PIPELINE_SOURCE: child pipelines of a merge request say `parent_pipeline`.
    if environment.get("CI_MERGE_REQUEST_IID"):
        return replace(_proposed(environment), forge=_forge(environment))
    event = environment.get("CI_PIPELINE_SOURCE", "")
    head = _commit(environment, "CI_COMMIT_SHA")
    if target := _commit(environment, "CI_EXTERNAL_PULL_REQUEST_TARGET_BRANCH_SHA"):
        return Build(system=_SYSTEM, event=event, base=target, head=head, fetch=told.present(target, head))
    if before := _commit(environment, "CI_COMMIT_BEFORE_SHA"):
        # What the branch held, whether or not it is an ancestor: a forced push takes things away, too.
        return Build(
            system=_SYSTEM, event=event, base=before, head=head, exact_base=True, fetch=told.present(before, head)
        )
    # A new branch, a tag, a run by hand or by schedule. On the default branch nothing tells what to compare with.
    default = _branch(environment, "CI_DEFAULT_BRANCH")
    if not default or environment.get("CI_COMMIT_BRANCH") == default:
        return Build(system=_SYSTEM, event=event, head=head, fetch=told.present(head))
    return _beside(environment, default, event)


def _proposed(environment: Mapping[str, str]) -> Build:
    event = environment.get("CI_MERGE_REQUEST_EVENT_TYPE") or environment.get("CI_PIPELINE_SOURCE", "")
    head = _commit(environment, "CI_COMMIT_SHA")
    proposal = _proposal(environment)
    exact = ""
    if target := _commit(environment, "CI_MERGE_REQUEST_TARGET_BRANCH_SHA"):
        # Merged results and merge trains: CI_COMMIT_SHA is GitLab's merge, and this is what it merged into: the
        # target branch, or the merge request before this one on the train.
        exact = target
    elif environment.get("CI_PROJECT_ID") != environment.get("CI_MERGE_REQUEST_PROJECT_ID"):
        # In the fork's own project `origin` is the fork, whose branches say nothing about the target.
        exact = _commit(environment, "CI_MERGE_REQUEST_DIFF_BASE_SHA")
    if exact:
        return Build(
            system=_SYSTEM,
            event=event,
            base=exact,
            head=head,
            exact_base=True,
            fetch=told.present(exact, head),
            proposal=proposal,
        )
    # Not CI_MERGE_REQUEST_DIFF_BASE_SHA, though it is the merge base: whoever proposes chooses where to branch
    # off, and could choose a commit that had no policies yet. The target branch says which are in force.
    return _beside(environment, _branch(environment, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), event, proposal)


def _forge(environment: Mapping[str, str]) -> Forge | None:
    api, project = environment.get("CI_API_V4_URL", ""), environment.get("CI_MERGE_REQUEST_PROJECT_ID", "")
    return Forge(kind=ForgeKind.GITLAB, api=api, project=project) if api and project else None


def _beside(environment: Mapping[str, str], branch: str, event: str, proposal: Proposal | None = None) -> Build:
    head = _commit(environment, "CI_COMMIT_SHA")
    return Build(
        system=_SYSTEM,
        event=event,
        base=told.tracking(branch) if branch else "",
        head=head,
        fetch=told.present(told.tracking_refspec(branch) if branch else "", head),
        proposal=proposal,
    )


def _proposal(environment: Mapping[str, str]) -> Proposal:
    number = told.number(environment["CI_MERGE_REQUEST_IID"])
    project = environment.get("CI_MERGE_REQUEST_PROJECT_URL", "")
    title = environment.get("CI_MERGE_REQUEST_TITLE")
    labels = told.text(environment.get("CI_MERGE_REQUEST_LABELS", ""))
    # GITLAB_USER_LOGIN is who started the pipeline, not who proposes; CI_MERGE_REQUEST_APPROVED does not say
    # who approved.
    return Proposal(
        number=number,
        url=f"{told.text(project)}/-/merge_requests/{number}" if project and number is not None else "",
        title=None if title is None else told.text(title),
        description=_description(environment),
        is_draft=told.flag(environment.get("CI_MERGE_REQUEST_DRAFT")),
        # There is no such variable where there is no label; labels cannot hold a comma.
        labels=tuple(name.strip() for name in labels.split(",")) if labels else (),
        source_branch=told.text(environment.get("CI_MERGE_REQUEST_SOURCE_BRANCH_NAME", "")),
        target_branch=told.text(environment.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")),
    )


def _description(environment: Mapping[str, str]) -> str | None:
    description = environment.get("CI_MERGE_REQUEST_DESCRIPTION")
    if description is None:
        return None
    is_cut = told.flag(environment.get("CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED"))
    if is_cut is None:  # GitLab 16.7 cuts and does not say so
        is_cut = len(description) >= _CUT_DESCRIPTION
    return None if is_cut else told.text(description)


def _commit(environment: Mapping[str, str], variable: str) -> str:
    return told.commit_id(environment.get(variable, ""), variable)


def _branch(environment: Mapping[str, str], variable: str) -> str:
    return told.branch(environment.get(variable, ""), variable)
