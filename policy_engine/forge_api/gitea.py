"""Gitea and Forgejo: reviews.

Source: Gitea modules/structs/pull_review.go; `/swagger.v1.json`, `repoListPullReviews`.
"""

from __future__ import annotations

from urllib.parse import quote

from policy_engine.forge_api.answers import Answer
from policy_engine.forge_api.http import Client, Unanswered
from policy_engine.forges.event_payload import EventPayload
from policy_engine.forges.proposals import Forge

_PAGE = 50  # what the API gives at most, where nobody configured it otherwise
_MAX_PAGES = 40
_OPINIONS = ("APPROVED", "REQUEST_CHANGES")


def ask(forge: Forge, number: int, client: Client) -> Answer:
    """Ask who approves: those whose last opinion that counts, and was not dismissed, says so.

    Raises: Unanswered; InputError where the answer is none that Gitea gives.
    """
    opinions: dict[str, bool] = {}
    for page in range(1, _MAX_PAGES + 1):
        path = f"/repos/{quote(forge.project)}/pulls/{number}/reviews?page={page}&limit={_PAGE}"
        reviews = (
            EventPayload.of({"reviews": client.get(path)}, f"answer of {client.host}").objects("reviews") or ()
        )
        for review in reviews:
            user = review.object("user")  # none for a team that is asked
            login = user.text("login") if user is not None else None
            if login and review.text("state") in _OPINIONS and review.flag("official"):
                # A later opinion takes the place of an earlier one.
                opinions.pop(login, None)
                opinions[login] = review.text("state") == "APPROVED" and not review.flag("dismissed")
        if not reviews:
            return Answer(approvals=tuple(login for login, approves in opinions.items() if approves))
    raise Unanswered(f"{client.host} has more than {_PAGE * _MAX_PAGES} reviews")
