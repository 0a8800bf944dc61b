"""GitHub: reviews, asked by GraphQL, which alone tells who may write.

Source: GitHub Docs, GraphQL API, `PullRequest.latestOpinionatedReviews`.
"""

from __future__ import annotations

from policy_engine.admission.json_values import JsonObject, JsonValue
from policy_engine.forge_api.answers import Answer
from policy_engine.forge_api.http import Client, Unanswered
from policy_engine.forges.event_payload import EventPayload
from policy_engine.forges.proposals import Forge

_MAX_PAGES = 10  # of a hundred reviewers each
_QUERY = """
query($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      latestOpinionatedReviews(first: 100, after: $after, writersOnly: true) {
        nodes { state author { __typename login } }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}
"""


def ask(forge: Forge, number: int, client: Client) -> Answer:
    """Ask who approves. In a public repository anybody can: only those count who may write to it, as for GitHub.

    Raises: Unanswered; InputError where the answer is none that GitHub gives.
    """
    owner, _, name = forge.project.partition("/")
    approvals: list[str] = []
    after: str | None = None
    for _ in range(_MAX_PAGES):
        variables: JsonObject = {"owner": owner, "name": name, "number": number, "after": after}
        reviews = _reviews(client, client.post({"query": _QUERY, "variables": variables}))
        for review in reviews.objects("nodes") or ():
            author = review.object("author")  # none where the account is gone
            if author is not None and review.text("state") == "APPROVED":
                approvals.append(_login(author))
        page = reviews.object("pageInfo")
        if page is None or not page.flag("hasNextPage"):
            return Answer(approvals=tuple(approvals))
        after = page.text("endCursor")
    raise Unanswered(f"{client.host} has more than {_MAX_PAGES * 100} reviewers")


def _reviews(client: Client, answer: JsonValue) -> EventPayload:
    top = EventPayload.of(answer, f"answer of {client.host}")
    if top.objects("errors"):
        # The texts are the forge's, and may hold what it was asked.
        raise Unanswered(f"{client.host} refused the question", help="the token needs `pull-requests: read`")
    found: EventPayload | None = top
    for field in ("data", "repository", "pullRequest", "latestOpinionatedReviews"):
        found = found.object(field) if found is not None else None
    if found is None:
        raise Unanswered(f"{client.host} knows no such pull request", help="the token needs `pull-requests: read`")
    return found


def _login(author: EventPayload) -> str:
    """Give a login as events have it: GraphQL leaves out what marks a bot."""
    login = author.text("login") or ""
    return f"{login}[bot]" if author.text("__typename") == "Bot" else login
