"""Questions to forges, answered on this machine with what their documentation says that they answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from policy_engine.forge_api import http
from policy_engine.forge_api.asking import ask_forge
from policy_engine.forges.proposals import Build, Forge, ForgeKind, Proposal
from policy_engine.sources.values import JsonValue
from tests.forge_server import ForgeServer, forge_server
from tests.json_parts import part

TOKEN = "s3cr3t-t0ken"
ME = Proposal(number=12, title="Fix it", author="ada")


@pytest.fixture
def server() -> Iterator[ForgeServer]:
    with forge_server() as made:
        yield made


def made_by(
    server: ForgeServer, kind: ForgeKind, *, path: str = "", project: str = "shop/web", proposal: Proposal = ME
) -> Build:
    forge = Forge(kind=kind, api=server.address + path, project=project)
    return Build(system="test", event="pull_request", proposal=proposal, forge=forge)


def reviews(*nodes: JsonValue, after: str | None = None) -> JsonValue:
    page: JsonValue = {"hasNextPage": after is not None, "endCursor": after}
    found: JsonValue = {"nodes": list(nodes), "pageInfo": page}
    return {"data": {"repository": {"pullRequest": {"latestOpinionatedReviews": found}}}}


def review(state: str, login: str, kind: str = "User") -> JsonValue:
    return {"state": state, "author": {"__typename": kind, "login": login}}


def approvals(build: Build) -> tuple[str, ...] | None:
    assert build.unanswered == ""
    assert build.proposal is not None
    return build.proposal.approvals


def test_github_tells_who_of_those_that_may_write_approves(server: ForgeServer) -> None:
    server.answers["POST /graphql"] = (
        200,
        reviews(
            review("APPROVED", "bob"),
            review("CHANGES_REQUESTED", "eve"),
            {"state": "APPROVED", "author": None},
            review("APPROVED", "renovate", "Bot"),
        ),
    )
    assert approvals(ask_forge(made_by(server, ForgeKind.GITHUB, path="/graphql"), TOKEN)) == (
        "bob",
        "renovate[bot]",
    )
    ((_, _, headers, body),) = server.asked
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert isinstance(body, dict)
    assert "writersOnly: true" in str(body["query"])
    assert body["variables"] == {"owner": "shop", "name": "web", "number": 12, "after": None}


def test_github_is_asked_for_every_page(server: ForgeServer) -> None:
    pages = iter([reviews(review("APPROVED", "a"), after="x"), reviews(review("APPROVED", "b"))])

    def turn() -> None:
        server.answers["POST /graphql"] = (200, next(pages))

    server.before = turn
    assert approvals(ask_forge(made_by(server, ForgeKind.GITHUB, path="/graphql"), TOKEN)) == ("a", "b")
    assert [part(body, "variables", "after") for *_, body in server.asked] == [None, "x"]


def test_an_endless_list_of_reviewers_ends(server: ForgeServer) -> None:
    server.answers["POST /graphql"] = (200, reviews(review("APPROVED", "a"), after="x"))
    build = ask_forge(made_by(server, ForgeKind.GITHUB, path="/graphql"), TOKEN)
    assert build.unanswered.endswith("has more than 1000 reviewers")
    assert build.proposal is ME
    assert len(server.asked) == 10


@pytest.mark.parametrize(
    "answer",
    [
        {"errors": [{"message": TOKEN}], "data": None},
        {"data": {"repository": None}},
        {"data": {"repository": {"pullRequest": None}}},
        {"data": []},
        [],
    ],
)
def test_what_github_does_not_say_stays_unknown(server: ForgeServer, answer: JsonValue) -> None:
    server.answers["POST /graphql"] = (200, answer)
    build = ask_forge(made_by(server, ForgeKind.GITHUB, path="/graphql"), TOKEN)
    assert build.proposal is ME
    assert build.unanswered
    assert TOKEN not in build.unanswered + build.unanswered_help


def opinion(login: str, state: str, *, official: bool = True, dismissed: bool = False) -> JsonValue:
    return {"user": {"login": login}, "state": state, "official": official, "dismissed": dismissed}


def test_gitea_tells_whose_last_opinion_approves(server: ForgeServer) -> None:
    place = "GET /api/v1/repos/shop/web/pulls/12/reviews"
    server.answers[f"{place}?page=1&limit=50"] = (
        200,
        [
            opinion("bob", "REQUEST_CHANGES"),
            opinion("bob", "APPROVED"),
            opinion("bob", "COMMENT"),
            opinion("eve", "APPROVED"),
            opinion("eve", "REQUEST_CHANGES"),
            opinion("max", "APPROVED", dismissed=True),
            opinion("guest", "APPROVED", official=False),
            {"user": None, "state": "REQUEST_REVIEW", "official": True},
        ],
    )
    server.answers[f"{place}?page=2&limit=50"] = (200, [opinion("zoe", "APPROVED")])
    server.answers[f"{place}?page=3&limit=50"] = (200, [])
    assert approvals(ask_forge(made_by(server, ForgeKind.GITEA, path="/api/v1"), TOKEN)) == ("bob", "zoe")
    assert server.asked[0][2]["Authorization"] == f"token {TOKEN}"


def gitlab(server: ForgeServer, description: str | None = "Why") -> None:
    request: JsonValue = {"author": {"username": "ada"}, "description": description}
    server.answers["GET /api/v4/projects/7/merge_requests/12"] = (200, request)
    approved: JsonValue = {"approved": True, "approved_by": [{"user": {"username": "bob", "name": "Bob"}}]}
    server.answers["GET /api/v4/projects/7/merge_requests/12/approvals"] = (200, approved)


def test_gitlab_tells_who_approves_and_who_proposes(server: ForgeServer) -> None:
    gitlab(server)
    build = made_by(
        server, ForgeKind.GITLAB, path="/api/v4", project="7", proposal=Proposal(number=12, title="Fix it")
    )
    told = ask_forge(build, TOKEN).proposal
    assert told == Proposal(number=12, title="Fix it", author="ada", description="Why", approvals=("bob",))
    assert server.asked[0][2]["Private-Token"] == TOKEN


def test_what_the_ci_system_told_stays_and_no_text_is_an_empty_one(server: ForgeServer) -> None:
    gitlab(server, description=None)
    build = made_by(server, ForgeKind.GITLAB, path="/api/v4", project="7")
    told = ask_forge(build, TOKEN).proposal
    assert told == Proposal(number=12, title="Fix it", author="ada", description="", approvals=("bob",))
    mine = Proposal(number=12, author="eve", description="mine")
    told = ask_forge(made_by(server, ForgeKind.GITLAB, path="/api/v4", project="7", proposal=mine), TOKEN).proposal
    assert told == Proposal(number=12, author="eve", description="mine", approvals=("bob",))


def test_names_of_projects_lead_nowhere_else(server: ForgeServer) -> None:
    ask_forge(made_by(server, ForgeKind.GITLAB, path="/api/v4", project="a/../../b?c#d"), TOKEN)
    assert server.asked[0][1] == "/api/v4/projects/a%2F..%2F..%2Fb%3Fc%23d/merge_requests/12"


@pytest.mark.parametrize(
    "build",
    [
        Build(system="test", event="push"),
        Build(system="test", event="pull_request", proposal=ME),
        Build(
            system="test",
            event="pull_request",
            proposal=Proposal(title="no number"),
            forge=Forge(kind=ForgeKind.GITHUB, api="http://127.0.0.1:1", project="a/b"),
        ),
    ],
)
def test_where_there_is_nothing_to_ask_nobody_is_asked(build: Build) -> None:
    assert ask_forge(build, TOKEN) is build


def test_without_a_token_nobody_is_asked(server: ForgeServer) -> None:
    build = made_by(server, ForgeKind.GITHUB)
    assert ask_forge(build, "") is build
    assert server.asked == []


@pytest.mark.parametrize(
    ("status", "help"), [(401, "has ended"), (403, "allowed to read"), (404, "allowed to read"), (500, "")]
)
def test_a_refusal_is_told_with_what_the_token_lacks(server: ForgeServer, status: int, help: str) -> None:
    server.answers["GET /projects/7/merge_requests/12"] = (status, {"message": TOKEN})
    build = ask_forge(made_by(server, ForgeKind.GITLAB, project="7"), TOKEN)
    assert build.unanswered == f"{server.address.removeprefix('http://')} answered {status}"
    assert help in build.unanswered_help
    assert TOKEN not in build.unanswered + build.unanswered_help


def test_the_token_goes_nowhere_else(server: ForgeServer) -> None:
    server.headers["Location"] = f"{server.address}/elsewhere"
    server.answers["GET /projects/7/merge_requests/12"] = (302, b"")
    build = ask_forge(made_by(server, ForgeKind.GITLAB, project="7"), TOKEN)
    assert build.unanswered.endswith("answered 302")
    assert [path for _, path, *_ in server.asked] == ["/projects/7/merge_requests/12"]


@pytest.mark.parametrize("token", ["a\nX-Other: b", "tökén", "a\0b", "\u2026"])
def test_what_is_no_token_is_shown_nowhere(server: ForgeServer, token: str) -> None:
    build = ask_forge(made_by(server, ForgeKind.GITLAB, project="7"), token)
    assert build.unanswered
    assert token not in build.unanswered + build.unanswered_help
    assert "X-Other" not in build.unanswered + build.unanswered_help


@pytest.mark.parametrize(
    "api", ["file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1", "http://127.0.0.1:1", "http://[::1"]
)
def test_an_address_that_is_none_or_does_not_answer_is_told(api: str) -> None:
    forge = Forge(kind=ForgeKind.GITLAB, api=api, project="7")
    build = ask_forge(Build(system="test", event="x", proposal=ME, forge=forge), TOKEN)
    assert build.proposal is ME
    assert build.unanswered


def test_an_answer_that_is_too_large_or_no_json_is_told(
    server: ForgeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = made_by(server, ForgeKind.GITLAB, project="7")
    server.answers["GET /projects/7/merge_requests/12"] = (200, b"<html>")
    assert ask_forge(build, TOKEN).unanswered.endswith("answered what is not JSON")
    monkeypatch.setattr(http, "MAX_BYTES", 100)
    server.answers["GET /projects/7/merge_requests/12"] = (200, b" " * 1000)
    assert ask_forge(build, TOKEN).unanswered.endswith("answered more than 100 bytes")


def test_a_forge_that_does_not_answer_is_not_waited_for(server: ForgeServer) -> None:
    held = threading.Event()
    server.before = lambda: print(held.wait(20))
    build = ask_forge(made_by(server, ForgeKind.GITLAB, project="7"), TOKEN, timeout_s=0.2)
    held.set()
    assert build.unanswered.endswith("takes more than 0.2 s to answer")
