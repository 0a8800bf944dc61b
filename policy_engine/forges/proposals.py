"""A proposal to merge, as any forge tells it, and the change that a CI system runs for."""

from __future__ import annotations

from enum import StrEnum

from policy_engine.records import record


class ForgeKind(StrEnum):
    """Whose API it is. Forgejo has Gitea's."""

    GITHUB = "GitHub"
    GITEA = "Gitea"
    GITLAB = "GitLab"


@record(kw_only=True)
class Forge:
    """Where to ask about a proposal. api: the address of its API. project: as the API names it."""

    kind: ForgeKind
    api: str
    project: str


@record(kw_only=True)
class Proposal:
    """A pull request or merge request. None and empty stand for what the forge did not tell.

    author: login. approvals: logins of those whose approval stands.
    """

    number: int | None = None
    url: str = ""
    title: str | None = None
    description: str | None = None
    author: str = ""
    is_draft: bool | None = None
    labels: tuple[str, ...] | None = None
    source_branch: str = ""
    target_branch: str = ""
    approvals: tuple[str, ...] | None = None


@record(kw_only=True)
class Build:
    """What a CI system runs for.

    system: as people call it, such as `GitHub Actions`. event: in the system's own word.
    base, head: revisions; empty where the system does not tell. exact_base: base is the commit to compare with;
    otherwise the merge base of base and head is.
    fetch: what to fetch from `remote` where base or head is missing in a shallow clone.
    forge: who can tell more of the proposal. unanswered: why it did not, with help; empty where nobody asked.
    """

    system: str
    event: str
    base: str = ""
    head: str = ""
    exact_base: bool = False
    remote: str = "origin"
    fetch: tuple[str, ...] = ()
    proposal: Proposal | None = None
    forge: Forge | None = None
    unanswered: str = ""
    unanswered_help: str = ""
