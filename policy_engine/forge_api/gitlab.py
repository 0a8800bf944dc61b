"""GitLab: who approves, and who proposes.

Source: GitLab documentation, "Merge request approvals API" and "Merge requests API".
"""

from __future__ import annotations

from urllib.parse import quote

from policy_engine.forge_api.answers import Answer
from policy_engine.forge_api.http import Client
from policy_engine.forges.event_payload import EventPayload
from policy_engine.forges.proposals import Forge


def ask(forge: Forge, number: int, client: Client) -> Answer:
    """Ask for what is in no variable of a pipeline.

    Raises: Unanswered; InputError where the answer is none that GitLab gives.
    """
    place, what = f"/projects/{quote(forge.project, safe='')}/merge_requests/{number}", f"answer of {client.host}"
    request = EventPayload.of(client.get(place), what)
    author = request.object("author")
    approvals = EventPayload.of(client.get(f"{place}/approvals"), what).objects("approved_by")
    description = request.text("description")
    if description is None and request.has("description"):
        description = ""  # null is how GitLab says that nobody wrote one
    users = [approval.object("user") for approval in approvals or ()]
    return Answer(
        approvals=None if approvals is None else tuple(user.text("username") or "" for user in users if user),
        author=(author.text("username") if author else None) or "",
        description=description,
    )
