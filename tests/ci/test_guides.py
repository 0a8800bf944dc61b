"""What the guides show can be copied: it parses, and names only what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from policy_engine.changes.settings.model import FILE, Place
from policy_engine.changes.settings.reading import read_settings
from tests.ci.forge import ROOT
from tests.ci.test_github_action import ACTION
from tests.ci.test_gitlab_component import INPUTS
from tests.ci.test_pre_commit_hooks import HOOKS
from tests.ci.test_tekton_task import TASK

PAGES = ("ci-github", "ci-gitlab", "ci-pre-commit", "ci-tekton")
PARAMS = {about["name"]: about for about in TASK["spec"]["params"]}
_YAML = re.compile(r"^```yaml[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


def text(page: str) -> str:
    return (ROOT / "docs" / "guide" / f"{page}.md").read_text()


def blocks(page: str) -> list[Any]:
    return [yaml.safe_load(block) for block in _YAML.findall(text(page))]


def workflows() -> Iterator[dict[str | bool, Any]]:
    """Give the workflows of the page. YAML 1.1 reads their key `on` as true."""
    for block in blocks("ci-github"):
        if "jobs" in block:
            yield block


def steps() -> list[dict[str, Any]]:
    return [step for workflow in workflows() for job in workflow["jobs"].values() for step in job["steps"]]


def named(page: str) -> set[str]:
    """Give what the first cells of a page's tables name."""
    cells = re.findall(r"^\| (`[^|]*) \|", text(page), re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("page", PAGES)
def test_the_settings_that_a_page_shows_are_read(page: str) -> None:
    (shown,) = (block for block in _YAML.findall(text(page)) if "kind: GateSettings" in block)
    assert read_settings(FILE, shown.encode()).settings.policies == (Place(path="policies"),)


def test_workflows_use_pinned_actions_with_inputs_that_exist() -> None:
    ours = [step for step in steps() if "/polgate@" in step["uses"]]
    assert len(ours) == 3
    assert [step["uses"] for step in steps() if not _PINNED.fullmatch(step["uses"])] == []
    assert [name for step in ours for name in step.get("with", {}) if name not in ACTION["inputs"]] == []
    assert [value for step in ours for value in step.get("with", {}).values() if not isinstance(value, str)] == []


def test_workflows_use_outputs_that_exist() -> None:
    used = set(re.findall(r"steps\.polgate\.outputs\.([a-z-]+)", text("ci-github")))
    assert used
    assert used <= set(ACTION["outputs"])


def test_workflows_ask_for_no_right_beyond_reading_but_to_upload_sarif() -> None:
    assert [workflow["permissions"] for workflow in workflows()] == [
        {"contents": "read"},
        {"contents": "read", "pull-requests": "read"},
        {"contents": "read", "security-events": "write"},
    ]


def test_a_workflow_starts_for_pull_requests_and_merge_queues() -> None:
    first = next(workflows())
    assert set(first[True]) == {"pull_request", "merge_group"}


def test_a_pipeline_includes_the_component_with_inputs_that_exist() -> None:
    ((include,),) = (block["include"] for block in blocks("ci-gitlab") if "include" in block)
    assert re.search(r"/polgate@[0-9a-f]{40}$", include["component"])
    required = {name for name, about in INPUTS.items() if "default" not in about}
    assert required <= set(include["inputs"]) <= set(INPUTS)


def test_hooks_that_are_shown_exist() -> None:
    shown = [
        hook["id"]
        for block in blocks("ci-pre-commit")
        if "repos" in block
        for repo in block["repos"]
        for hook in repo["hooks"]
    ]
    assert set(shown) == set(HOOKS)


def test_a_pipeline_of_tekton_hands_the_task_what_it_needs() -> None:
    (pipeline,) = (block for block in blocks("ci-tekton") if block["kind"] == "Pipeline")
    task = pipeline["spec"]["tasks"][-1]
    given = {param["name"] for param in task["params"]}
    assert {name for name, about in PARAMS.items() if "default" not in about} <= given <= set(PARAMS)
    assert [one["name"] for one in task["workspaces"]] == [one["name"] for one in TASK["spec"]["workspaces"]]
    assert task["taskRef"]["name"] == TASK["metadata"]["name"]


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ("ci-github", {*ACTION["inputs"], *ACTION["outputs"]}),
        ("ci-gitlab", set(INPUTS)),
        ("ci-pre-commit", set(HOOKS)),
        ("ci-tekton", {*PARAMS, "POLGATE_BASE", "POLGATE_HEAD"}),
    ],
)
def test_a_page_explains_everything_that_can_be_set(page: str, names: set[str]) -> None:
    assert names - named(page) == set()
