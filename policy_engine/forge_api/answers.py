"""What a forge answered, made a part of the proposal."""

from __future__ import annotations

from dataclasses import replace

from policy_engine.forges.proposals import Proposal
from policy_engine.records import record


@record(kw_only=True)
class Answer:
    """What a forge told. None and empty stand for what it was not asked."""

    approvals: tuple[str, ...] | None = None
    author: str = ""
    description: str | None = None

    def over(self, proposal: Proposal) -> Proposal:
        """Fill in what the CI system did not tell. What it told stays: it is of the time when the run began."""
        return replace(
            proposal,
            approvals=self.approvals if proposal.approvals is None else proposal.approvals,
            author=proposal.author or self.author,
            description=self.description if proposal.description is None else proposal.description,
        )
