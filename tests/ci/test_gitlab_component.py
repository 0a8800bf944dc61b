"""The job of templates/polgate/template.yml, run as a runner runs it, in clones as runners make them."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.forge import (
    BAD,
    BAD_WITH_OTHER_POLICY,
    GOOD,
    ROOT,
    Forge,
    Proposed,
    git,
    plain_environment,
    policy,
    recorded,
)

TEXT = (ROOT / "templates" / "polgate" / "template.yml").read_text()
HEADER, BODY = TEXT.split("\n---\n")
INPUTS: dict[str, dict[str, Any]] = yaml.safe_load(HEADER)["spec"]["inputs"]
REPORTS = ("gl-code-quality-report.json", "polgate-junit.xml")
_INPUT = re.compile(r"\$\[\[ ([a-z-]+)\.([a-z-]+) \]\]")
# Source: GitLab documentation, "CI/CD YAML syntax reference": global keywords, and `spec:inputs`.
_GLOBAL = {"default", "include", "stages", "variables", "workflow", "image", "services", "cache", "before_script"}
_INPUT_KEYS = {"default", "description", "options", "regex", "type", "rules"}

HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    '"; touch pwned; "',
    "'; touch pwned; '",
    "--output=text=pwned",
    "-h",
)


@dataclass(frozen=True)
class Done:
    code: int
    said: str


def job(**inputs: str) -> tuple[str, dict[str, Any]]:
    """Give the name and the job that an `include` with these inputs makes."""
    given = {name: about["default"] for name, about in INPUTS.items() if "default" in about}
    given |= {"image": "registry.example/polgate-gate:0.1.0"}
    given |= {name.replace("_", "-"): value for name, value in inputs.items()}
    written = {
        name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in given.items()
    }

    def filled(value: Any) -> Any:
        if isinstance(value, dict):
            return {filled(name): filled(part) for name, part in value.items()}
        if isinstance(value, list):
            return [filled(part) for part in value]
        return _INPUT.sub(lambda found: written[found[2]], value) if isinstance(value, str) else value

    ((name, about),) = filled(yaml.safe_load(BODY)).items()
    return name, about


def run_job(
    clone: Path, name: str, proposed: Proposed, *, shell: str = "bash", told: Mapping[str, str] = {}, **inputs: str
) -> Done:
    """Run a job's script. Source: gitlab-runner shells/bash.go: one shell, which ends where a line fails."""
    _, about = job(**inputs)
    environment, _ = recorded(name, proposed)
    done = subprocess.run(
        [shell, "-e", "-c", "\n".join(about["script"])],
        cwd=clone,
        env=plain_environment(clone.parent) | environment | about["variables"] | dict(told),
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(code=done.returncode, said=done.stdout + done.stderr)


def test_the_component_has_a_header_and_one_job() -> None:
    assert yaml.safe_load(HEADER).keys() == {"spec"}
    for about in INPUTS.values():
        assert set(about) <= _INPUT_KEYS
        assert about.get("type", "string") in ("string", "number", "boolean")
        assert about["description"]
    assert [name for name, about in INPUTS.items() if "default" not in about] == ["image"]
    assert len(yaml.safe_load(BODY)) == 1


def test_the_component_sets_nothing_for_other_jobs() -> None:
    assert _GLOBAL & set(yaml.safe_load(BODY)) == set()


def test_every_input_is_used_and_every_used_one_is_declared() -> None:
    assert {found[1] for found in _INPUT.findall(BODY) if found[0] == "inputs"} == set(INPUTS)


def test_no_script_holds_an_input() -> None:
    about = next(iter(yaml.safe_load(BODY).values()))
    assert [line for line in about["script"] if "$[[" in line] == []


def test_the_reports_are_kept_when_the_job_fails() -> None:
    _, about = job()
    assert about["artifacts"] == {
        "when": "always",
        "reports": {"codequality": "gl-code-quality-report.json", "junit": "polgate-junit.xml"},
    }


def test_the_job_runs_for_merge_requests_and_the_default_branch() -> None:
    _, about = job()
    assert [rule["if"] for rule in about["rules"]] == [
        '$CI_PIPELINE_SOURCE == "merge_request_event"',
        '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE == "push"',
    ]


def test_inputs_name_the_job_its_stage_and_its_image() -> None:
    name, about = job(job_name="gate", stage="verify", image="registry.example/x@sha256:0")
    assert (name, about["stage"], about["image"]["name"]) == ("gate", "verify", "registry.example/x@sha256:0")
    assert about["variables"]["GIT_DEPTH"] == "50"


@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize(
    "name",
    [
        "gitlab-merge-request",
        "gitlab-merge-request-from-fork",
        "gitlab-merge-request-in-fork",
        "gitlab-child-pipeline",
    ],
)
def test_a_bad_merge_request_is_blocked_in_a_clone_of_one_commit(forge: Forge, name: str, shell: str) -> None:
    proposed = forge.propose(BAD)
    clone = forge.clone(proposed.source, depth=1)
    done = run_job(clone, name, proposed, shell=shell)
    assert done.code == 1, done.said
    assert "at most 5 replicas" in done.said
    (problem,) = json.loads((clone / REPORTS[0]).read_text())
    assert problem["location"] == {"path": "shop/web.yaml", "lines": {"begin": 6}}
    assert "at most 5 replicas" in (clone / REPORTS[1]).read_text()


def test_a_good_merge_request_passes_with_reports(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    clone = forge.clone(proposed.source, depth=1)
    done = run_job(clone, "gitlab-merge-request", proposed)
    assert done.code == 0, done.said
    assert json.loads((clone / REPORTS[0]).read_text()) == []
    assert (clone / REPORTS[1]).exists()


@pytest.mark.parametrize("name", ["gitlab-merged-result", "gitlab-merge-train"])
@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_the_result_of_a_merge_is_judged(forge: Forge, name: str, files: dict[str, str], code: int) -> None:
    proposed = forge.propose(files)
    done = run_job(forge.clone(proposed.merge, depth=1), name, proposed)
    assert done.code == code, done.said


@pytest.mark.parametrize("name", ["gitlab-push", "gitlab-push-new-branch", "gitlab-tag"])
def test_a_bad_push_is_blocked(forge: Forge, name: str) -> None:
    proposed = forge.propose(BAD)
    done = run_job(forge.clone(proposed.source, depth=1), name, proposed)
    assert done.code == 1, done.said


def test_a_run_by_schedule_cannot_be_judged_and_says_what_to_do(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    done = run_job(forge.clone(proposed.source, depth=1), "gitlab-schedule", proposed)
    assert done.code == 2, done.said
    assert "--base" in done.said


def test_a_merge_request_that_weakens_the_policy_is_judged_by_the_old_one(forge: Forge) -> None:
    proposed = forge.propose(BAD_WITH_OTHER_POLICY)
    done = run_job(forge.clone(proposed.source, depth=1), "gitlab-merge-request", proposed)
    assert done.code == 1, done.said


def test_a_branch_that_left_before_there_was_a_policy_is_judged_by_what_is_in_force(forge: Forge) -> None:
    proposed = forge.propose(BAD, start="main~1")
    done = run_job(forge.clone(proposed.source, depth=1), "gitlab-merge-request", proposed)
    assert done.code == 1, done.said


def test_a_merge_request_to_a_branch_called_like_a_command_is_judged(forge: Forge) -> None:
    branch = "$(touch${IFS}pwned)"
    proposed = forge.propose(BAD)
    git(forge.origin, "branch", branch, proposed.target)
    told = {
        "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": branch,
        "CI_MERGE_REQUEST_SOURCE_BRANCH_NAME": '";touch${IFS}pwned;"',
        "CI_COMMIT_REF_NAME": "`touch${IFS}pwned`",
        "CI_MERGE_REQUEST_TITLE": "$(touch pwned)",
    }
    done = run_job(forge.clone(proposed.source, depth=1), "gitlab-merge-request", proposed, told=told)
    assert done.code == 1, done.said
    assert not list(forge.folder.rglob("pwned"))


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("shell", ["bash", "sh"])
def test_an_input_is_never_run(forge: Forge, shell: str, text: str) -> None:
    proposed = forge.propose(GOOD)
    done = run_job(
        forge.clone(proposed.source, depth=1),
        "gitlab-merge-request",
        proposed,
        shell=shell,
        policies=text,
        kube_version=text,
        fail_on=text,
        all=text,
        strict=text,
    )
    assert done.code == 2, done.said
    assert not list(forge.folder.rglob("pwned"))


def test_inputs_reach_the_gate(forge: Forge) -> None:
    forge.commit({"shop/web.yaml": BAD["shop/web.yaml"]}, "Be wrong already")
    proposed = forge.propose({"shop/web.yaml": BAD["shop/web.yaml"] + "  paused: true\n"})
    clone = forge.clone(proposed.source)
    assert run_job(clone, "gitlab-merge-request", proposed).code == 0
    assert run_job(clone, "gitlab-merge-request", proposed, all="true").code == 1
    assert run_job(clone, "gitlab-merge-request", proposed, policies="nowhere").code == 2


def test_a_clone_that_a_runner_uses_again_is_judged_by_the_newest_policies(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    clone = forge.clone(proposed.source)
    forge.commit({"policies/replicas.yaml": policy(limit=3)}, "Limit replicas more")
    assert run_job(clone, "gitlab-merge-request", proposed).code == 1
