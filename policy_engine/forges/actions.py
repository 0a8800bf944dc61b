"""GitHub Actions, and those of Gitea and Forgejo, which tell the same in the same words.

Source: GitHub Docs, "Events that trigger workflows" and "Webhook events and payloads"; Gitea
services/actions/context.go, GenerateGiteaContext; Forgejo runner internal/app/run/runner.go, NewRunner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from policy_engine.forges import told
from policy_engine.forges.event_payload import EventPayload, read_payload
from policy_engine.forges.proposals import Build, Forge, ForgeKind, Proposal

# Forgejo says all three, Gitea the last two.
_SYSTEMS = (
    ("FORGEJO_ACTIONS", "Forgejo Actions"),
    ("GITEA_ACTIONS", "Gitea Actions"),
    ("GITHUB_ACTIONS", "GitHub Actions"),
)
_MERGE_REF = re.compile(r"refs/pull/[0-9]+/merge\Z", re.ASCII)
_BRANCHES = "refs/heads/"


def detect(environment: Mapping[str, str], read_file: Callable[[str], bytes]) -> Build | None:
    """Say what a workflow runs for; None where this is none.

    read_file: may raise OSError or ValueError. Raises: InputError where the event cannot be read or is none.
    """
    system = next((name for variable, name in _SYSTEMS if environment.get(variable) == "true"), None)
    if system is None:
        return None
    event = environment.get("GITHUB_EVENT_NAME", "")
    payload = read_payload(environment.get("GITHUB_EVENT_PATH", ""), read_file)
    checked_out = told.commit_id(environment.get("GITHUB_SHA", ""), "GITHUB_SHA")
    ref = environment.get("GITHUB_REF", "")
    if pull_request := payload.object("pull_request"):
        build = _proposed(system, event, pull_request, merged=checked_out if _MERGE_REF.match(ref) else "")
        return replace(build, forge=_forge(system, environment))
    if group := payload.object("merge_group"):
        # base_sha is the group before this one, or the branch: what is between them is what this group adds.
        base, head = group.commit("base_sha"), group.commit("head_sha")
        return Build(
            system=system, event=event, base=base, head=head, exact_base=bool(base), fetch=told.present(base, head)
        )
    if event == "push" and (before := payload.commit("before")):
        # What the branch held, whether or not it is an ancestor: a forced push takes things away, too.
        return Build(
            system=system,
            event=event,
            base=before,
            head=checked_out,
            exact_base=True,
            fetch=told.present(before, checked_out),
        )
    return _beside_default_branch(system, event, payload, ref, checked_out)


def _proposed(system: str, event: str, pull_request: EventPayload, *, merged: str) -> Build:
    """Judge the result of the merge, against the branch as it was when the forge merged: what would be deployed.

    merged: the forge's own merge commit, whose first parent is the target branch. Only GitHub's `pull_request`
    events have one; elsewhere the source branch is compared with where it left the target branch.
    """
    proposal = _proposal(pull_request)
    if merged:
        return Build(
            system=system,
            event=event,
            base=f"{merged}^1",
            head=merged,
            exact_base=True,
            fetch=(merged,),
            proposal=proposal,
        )
    base, head = _commit_of(pull_request, "base"), _commit_of(pull_request, "head")
    return Build(
        system=system, event=event, base=base, head=head, fetch=told.present(base, head), proposal=proposal
    )


def _forge(system: str, environment: Mapping[str, str]) -> Forge | None:
    kind = ForgeKind.GITHUB if system == "GitHub Actions" else ForgeKind.GITEA
    api = environment.get("GITHUB_GRAPHQL_URL" if kind is ForgeKind.GITHUB else "GITHUB_API_URL", "")
    project = environment.get("GITHUB_REPOSITORY", "")
    return Forge(kind=kind, api=api, project=project) if api and project else None


def _beside_default_branch(system: str, event: str, payload: EventPayload, ref: str, head: str) -> Build:
    """Compare a new branch or a tag, or one that somebody asks about, with the default branch.

    On the default branch itself nobody has told what to compare with.
    """
    repository = payload.object("repository")
    default = repository.branch("default_branch") if repository else ""
    if not default or ref == _BRANCHES + default:
        return Build(system=system, event=event, head=head, fetch=told.present(head))
    return Build(
        system=system,
        event=event,
        base=told.tracking(default),
        head=head,
        fetch=told.present(told.tracking_refspec(default), head),
    )


def _proposal(pull_request: EventPayload) -> Proposal:
    description = pull_request.text("body")
    if description is None and pull_request.has("body"):
        description = ""  # null is how the forge says that nobody wrote one
    user = pull_request.object("user")
    labels = pull_request.objects("labels")
    return Proposal(
        number=pull_request.number("number"),
        url=pull_request.text("html_url") or "",
        title=pull_request.text("title"),
        description=description,
        author=(user.text("login") if user else None) or "",
        is_draft=pull_request.flag("draft"),
        labels=None if labels is None else tuple(label.text("name") or "" for label in labels),
        source_branch=_branch_of(pull_request, "head"),
        target_branch=_branch_of(pull_request, "base"),
    )


def _commit_of(pull_request: EventPayload, side: str) -> str:
    end = pull_request.object(side)
    return end.commit("sha") if end else ""


def _branch_of(pull_request: EventPayload, side: str) -> str:
    end = pull_request.object(side)
    return (end.text("ref") if end else None) or ""
