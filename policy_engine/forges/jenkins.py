"""Jenkins' multibranch pipelines, whichever forge they watch.

Source: jenkinsci/branch-api-plugin, BranchNameContributor; jenkinsci/git-plugin, GitSCM.buildEnvironment.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_engine.forges import told
from policy_engine.forges.proposals import Build, Proposal

_SYSTEM = "Jenkins"
# What is checked out: with the merge strategy a commit that Jenkins made, which no variable names.
_HEAD = "HEAD"


def detect(environment: Mapping[str, str]) -> Build | None:
    """Say what a build runs for; None where this is none.

    Raises: InputError where a variable holds what Jenkins never puts there.
    """
    if not environment.get("JENKINS_URL"):
        return None
    if environment.get("CHANGE_ID"):
        target = told.branch(environment.get("CHANGE_TARGET", ""), "CHANGE_TARGET")
        return Build(
            system=_SYSTEM,
            event="change",
            base=told.tracking(target) if target else "",
            head=_HEAD,
            fetch=(told.tracking_refspec(target),) if target else (),
            proposal=_proposal(environment),
        )
    # Unset on the first build of a branch.
    base = told.commit_id(environment.get("GIT_PREVIOUS_SUCCESSFUL_COMMIT", ""), "GIT_PREVIOUS_SUCCESSFUL_COMMIT")
    return Build(
        system=_SYSTEM,
        event="branch",
        base=base,
        head=_HEAD,
        exact_base=bool(base),
        fetch=(base,) if base else (),
    )


def _proposal(environment: Mapping[str, str]) -> Proposal:
    title = environment.get("CHANGE_TITLE")
    return Proposal(
        number=told.number(environment["CHANGE_ID"]),
        url=told.text(environment.get("CHANGE_URL", "")),
        title=None if title is None else told.text(title),
        author=told.text(environment.get("CHANGE_AUTHOR", "")),
        source_branch=told.text(environment.get("CHANGE_BRANCH", "")),
        target_branch=told.text(environment.get("CHANGE_TARGET", "")),
    )
