"""A build made whole: what its CI system did not tell is asked of the forge."""

from __future__ import annotations

from dataclasses import replace

from policy_engine.errors import InputError
from policy_engine.forge_api import gitea, github, gitlab
from policy_engine.forge_api.http import TIMEOUT_S, Client
from policy_engine.forges.proposals import Build, ForgeKind

_ASK = {ForgeKind.GITHUB: github.ask, ForgeKind.GITEA: gitea.ask, ForgeKind.GITLAB: gitlab.ask}
_HEADER = {
    ForgeKind.GITHUB: ("Authorization", "Bearer "),
    ForgeKind.GITEA: ("Authorization", "token "),
    ForgeKind.GITLAB: ("PRIVATE-TOKEN", ""),
}


def ask_forge(build: Build, token: str, *, timeout_s: float = TIMEOUT_S) -> Build:
    """Give a build with what its forge tells of the proposal; as it is where there is nobody or nothing to ask.

    token: needs to read. timeout_s: for each question. A forge that does not answer is no error: what it would
    tell stays unknown, and `unanswered` says why.
    """
    forge, proposal = build.forge, build.proposal
    if forge is None or proposal is None or proposal.number is None or not token:
        return build
    header, before = _HEADER[forge.kind]
    client = Client(base=forge.api, headers={header: before + token}, timeout_s=timeout_s)
    try:
        answer = _ASK[forge.kind](forge, proposal.number, client)
    except InputError as error:
        return replace(build, unanswered=error.message, unanswered_help=error.help)
    return replace(build, proposal=answer.over(proposal))
