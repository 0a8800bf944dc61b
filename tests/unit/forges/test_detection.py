"""What each CI system's environment says a change is, from environments as these systems set them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from policy_engine.errors import InputError
from policy_engine.forges import Build, Proposal, detect
from policy_engine.forges.event_payload import MAX_BYTES

ENVIRONMENTS = sorted((Path(__file__).parent / "environments").glob("*.yaml"))
COMMIT = "9c8b7a6f5e4d3c2b1a09f8e7d6c5b4a392817065"
HOSTILE = ("$(touch pwned)", "--upload-pack=touch pwned", "a\nb", "refs/heads/main:refs/heads/main", "é" * 40)


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "environments" / f"{name}.yaml").read_text())
    return found


def reading(event: Any) -> Callable[[str], bytes]:
    return lambda path: event if isinstance(event, bytes) else json.dumps(event).encode()


def no_file(path: str) -> bytes:
    raise AssertionError(f"{path} is not asked for")


def build(name: str, *, event: Any = None, **environment: str) -> Build:
    case = recorded(name)
    found = detect(case["environment"] | environment, reading(event or case.get("event")))
    assert found is not None
    return found


def proposal(name: str, *, event: Any = None, **environment: str) -> Proposal:
    found = build(name, event=event, **environment).proposal
    assert found is not None
    return found


def refused(name: str, *, event: Any = None, **environment: str) -> str:
    with pytest.raises(InputError) as caught:
        build(name, event=event, **environment)
    return caught.value.message


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.stem)
def test_an_environment_says_what_is_compared(path: Path) -> None:
    case = recorded(path.stem)
    found = detect(case["environment"], reading(case["event"]) if "event" in case else no_file)
    if case["want"] is None:
        assert found is None
        return
    told = case["want"].pop("proposal", None)
    want = {"base": "", "head": "", "exact_base": False, "remote": "origin", "fetch": [], "forge": None}
    want |= {"unanswered": "", "unanswered_help": "", **case["want"]}
    assert found is not None
    shown = asdict(found)
    shown.pop("proposal")
    assert shown | {"fetch": list(found.fetch)} == want
    if told is None:
        assert found.proposal is None
    else:
        labels = told["labels"]
        expected = Proposal(**told | {"labels": None if labels is None else tuple(labels)})
        assert found.proposal == expected


def test_an_event_that_is_not_json_is_an_error() -> None:
    assert refused("github-push", event=b"{") == "event payload: not JSON"


@pytest.mark.parametrize(
    "event",
    [b"\xff\xfe{", b"[" * 200_000, b'{"number": ' + b"9" * 5000 + b"}"],
    ids=["encoding", "depth", "digits"],
)
def test_an_event_that_breaks_readers_is_an_error(event: bytes) -> None:
    assert refused("github-push", event=event) == "event payload: not JSON"


def test_an_event_that_is_no_object_is_an_error() -> None:
    assert refused("github-push", event=b"[]") == "event payload: expected an object, found a list"


def test_an_event_larger_than_forges_send_is_an_error() -> None:
    assert refused("github-push", event=b" " * (MAX_BYTES + 1)).startswith("event payload: longer than 26214400")


def test_an_event_that_cannot_be_read_is_an_error() -> None:
    def missing(path: str) -> bytes:
        raise FileNotFoundError(2, "No such file or directory", path)

    with pytest.raises(InputError) as caught:
        detect(recorded("github-push")["environment"], missing)
    assert caught.value.message == "event payload: cannot be read: No such file or directory"


def test_a_workflow_without_an_event_is_an_error() -> None:
    assert refused("github-push", GITHUB_EVENT_PATH="") == "GITHUB_EVENT_PATH is not set"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pull_request": "x"}, "event payload: pull_request: expected an object, found a string"),
        ({"pull_request": {"title": 1}}, "event payload: pull_request.title: expected a string, found a number"),
        (
            {"pull_request": {"number": "1"}},
            "event payload: pull_request.number: expected a number, found a string",
        ),
        ({"pull_request": {"draft": 0}}, "event payload: pull_request.draft: expected a boolean, found a number"),
        ({"pull_request": {"labels": {}}}, "event payload: pull_request.labels: expected a list, found an object"),
        (
            {"pull_request": {"labels": ["x"]}},
            "event payload: pull_request.labels: expected a list of objects, found a list",
        ),
        (
            {"pull_request": {"labels": [{}, {"name": 1}]}},
            "event payload: pull_request.labels[1].name: expected a string, found a number",
        ),
    ],
)
def test_a_field_of_another_type_is_an_error(change: dict[str, Any], message: str) -> None:
    assert refused("github-pull-request", event=change) == message


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("variable", ["CI_COMMIT_SHA", "CI_MERGE_REQUEST_TARGET_BRANCH_SHA"])
def test_a_commit_that_is_no_id_is_an_error(variable: str, text: str) -> None:
    assert refused("gitlab-merged-result", **{variable: text}).startswith(
        f"{variable}: expected the id of a commit"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_a_commit_in_an_event_that_is_no_id_is_an_error(text: str) -> None:
    event = recorded("github-pull-request-target")["event"]
    event["pull_request"]["head"]["sha"] = text
    assert refused("github-pull-request-target", event=event).startswith(
        "pull_request.head.sha: expected the id of a commit"
    )


@pytest.mark.parametrize(
    "text",
    ["a b", "a..b", "a:b", "a\nb", "/a", "a/", "a.lock", ".a", "a/.b", "a*", "@{u}", "a^", "a\\b"],
)
def test_a_target_branch_that_git_does_not_allow_is_an_error(text: str) -> None:
    message = refused("gitlab-merge-request", CI_MERGE_REQUEST_TARGET_BRANCH_NAME=text)
    assert message.startswith("CI_MERGE_REQUEST_TARGET_BRANCH_NAME: expected the name of a branch, found `")


@pytest.mark.parametrize("text", ["$(touch${IFS}pwned)", "`id`", "';id;'", "a&b", "--exec=id", "+a", "größe"])
def test_a_branch_called_like_a_command_or_an_option_is_only_a_name(text: str) -> None:
    found = build("gitlab-merge-request", CI_MERGE_REQUEST_TARGET_BRANCH_NAME=text)
    assert found.base == f"refs/remotes/origin/{text}"
    assert found.fetch[0] == f"+refs/heads/{text}:refs/remotes/origin/{text}"


@pytest.mark.parametrize("text", ["--output=x", "-x", "a..b", "HEAD:file", "a b", "a\nb"])
@pytest.mark.parametrize("variable", ["POLGATE_BASE", "POLGATE_HEAD"])
def test_a_named_revision_that_git_could_take_for_an_option_is_an_error(variable: str, text: str) -> None:
    environment = {"POLGATE_BASE": "main", "POLGATE_HEAD": "HEAD"} | {variable: text}
    with pytest.raises(InputError, match="expected one revision"):
        detect(environment, no_file)


def test_a_refused_value_is_shown_on_one_line_and_cut() -> None:
    message = refused("gitlab-push", CI_COMMIT_SHA="`\x1b[31m\n" + "x" * 100)
    assert message == "CI_COMMIT_SHA: expected the id of a commit, found `??[31m?" + "x" * 73 + "…`"


def test_a_head_without_a_base_is_an_error() -> None:
    with pytest.raises(InputError) as caught:
        detect({"POLGATE_HEAD": COMMIT}, no_file)
    assert caught.value.message == "POLGATE_HEAD is set, POLGATE_BASE is not"


def test_a_commit_of_a_sha256_repository_is_an_id() -> None:
    assert build("gitlab-push", CI_COMMIT_BEFORE_SHA="a" * 64).base == "a" * 64


def test_what_a_pull_request_does_not_tell_is_not_known() -> None:
    assert proposal("github-pull-request", event={"pull_request": {"number": 1}}) == Proposal(number=1)


def test_halves_of_characters_in_a_title_are_replaced() -> None:
    event = b'{"pull_request": {"title": "a \\ud83d b"}}'
    assert proposal("github-pull-request", event=event).title == "a \ufffd\ufffd\ufffd b"


def test_bytes_in_a_variable_that_are_no_text_can_be_written() -> None:
    title = proposal("gitlab-merge-request", CI_MERGE_REQUEST_TITLE="a \udcff b").title
    assert title is not None
    assert title.encode()


@pytest.mark.parametrize("length", [2700, 2701])
def test_a_description_that_an_old_gitlab_may_have_cut_is_not_known(length: int) -> None:
    case = recorded("gitlab-merge-request")["environment"]
    del case["CI_MERGE_REQUEST_DESCRIPTION_IS_TRUNCATED"]
    found = detect(case | {"CI_MERGE_REQUEST_DESCRIPTION": "x" * length}, no_file)
    assert found is not None
    assert found.proposal is not None
    assert found.proposal.description is None


def test_a_description_that_gitlab_says_is_whole_is_known() -> None:
    assert proposal("gitlab-merge-request", CI_MERGE_REQUEST_DESCRIPTION="x" * 2700).description == "x" * 2700


def test_whether_a_merge_request_is_a_draft_is_not_guessed_from_its_title() -> None:
    found = proposal("gitlab-merge-request", CI_MERGE_REQUEST_DRAFT="", CI_MERGE_REQUEST_TITLE="Draft: x")
    assert found.is_draft is None
