"""The steps of action.yml, run as a runner runs them, in clones as actions/checkout makes them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
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
    plain_environment,
    policy,
    recorded,
)
from tests.forge_server import forge_server

ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
INSTALL, GATE = ACTION["runs"]["steps"]
_INPUT = re.compile(r"\$\{\{ inputs\.([a-z-]+) \}\}")
_EXPRESSION = re.compile(r"\$\{\{")
# Source: GitHub Docs, "Metadata syntax for GitHub Actions".
_KEYS = {"name", "author", "description", "inputs", "outputs", "runs", "branding"}
_STEP_KEYS = {"name", "id", "if", "shell", "run", "env", "working-directory", "continue-on-error", "uses", "with"}

HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    '"; touch pwned; "',
    "'; touch pwned; '",
    "x\ntouch pwned",
    "--output=text=pwned",
    "-h",
    "${{ github.token }}",
)


@dataclass(frozen=True)
class Done:
    code: int
    stdout: str
    stderr: str
    outputs: dict[str, str]
    summary: str
    clone: Path

    @property
    def said(self) -> str:
        return self.stdout + self.stderr


def run_step(
    step: Mapping[str, Any], clone: Path, environment: Mapping[str, str], inputs: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run a step of a composite action. Source: actions/runner src/Runner.Worker/Handlers/ScriptHandler.cs."""
    given = {name: str(about.get("default", "")) for name, about in ACTION["inputs"].items()} | dict(inputs)
    variables = {
        name: _INPUT.sub(lambda found: given[found[1]], value) for name, value in step.get("env", {}).items()
    }
    script = Path(environment["RUNNER_TEMP"]) / "step.sh"
    script.write_text(step["run"])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", str(script)],
        cwd=clone,
        env=dict(environment) | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def runner_environment(name: str, proposed: Proposed, clone: Path, event: Any = None) -> dict[str, str]:
    told, recorded_event = recorded(name, proposed)
    temporary = clone.parent / "temp"
    temporary.mkdir()
    (temporary / "event.json").write_text(json.dumps(event or recorded_event))
    # In place of what the first step installs.
    (temporary / "polgate").symlink_to(sys.prefix)
    files = {"GITHUB_EVENT_PATH": "event.json", "GITHUB_OUTPUT": "output", "GITHUB_STEP_SUMMARY": "summary.md"}
    return (
        plain_environment(clone.parent)
        | told
        | {variable: str(temporary / file) for variable, file in files.items()}
        | {"RUNNER_TEMP": str(temporary), "GITHUB_ACTION_PATH": str(ROOT), "GITHUB_WORKSPACE": str(clone)}
    )


def gate(
    clone: Path, name: str, proposed: Proposed, *, event: Any = None, told: Mapping[str, str] = {}, **inputs: str
) -> Done:
    environment = runner_environment(name, proposed, clone, event) | dict(told)
    given = {name.replace("_", "-"): value for name, value in inputs.items()}
    done = run_step(GATE, clone, environment, given)
    output, summary = Path(environment["GITHUB_OUTPUT"]), Path(environment["GITHUB_STEP_SUMMARY"])
    lines = output.read_text().splitlines() if output.exists() else []
    return Done(
        code=done.returncode,
        stdout=done.stdout,
        stderr=done.stderr,
        outputs=dict(line.split("=", 1) for line in lines),
        summary=summary.read_text() if summary.exists() else "",
        clone=clone,
    )


def test_with_a_token_the_forge_is_asked_who_approved(forge: Forge) -> None:
    rule = "object.spec.approvals.exists(login, login != object.spec.author.login)"
    about = {
        "name: replicas": "name: approved",
        "[apps]": "[polgate.io]",
        "[v1]": "['*']",
        "deployments": "mergerequests",
        "object.spec.replicas <= 5": rule,
        "at most 5 replicas": "nobody approved",
    }
    approved = policy()
    for old, new in about.items():
        approved = approved.replace(old, new)
    forge.commit({"policies/approved.yaml": approved}, "Ask for approval")
    proposed = forge.propose(GOOD)
    clone = forge.clone(proposed.merge, depth=2)
    review = {"state": "APPROVED", "author": {"__typename": "User", "login": "bob"}}
    found: dict[str, object] = {"nodes": [review], "pageInfo": {"hasNextPage": False}}
    with forge_server() as server:
        told = {"GITHUB_GRAPHQL_URL": f"{server.address}/graphql"}
        server.answers["POST /graphql"] = (
            200,
            json.dumps({"data": {"repository": {"pullRequest": {"latestOpinionatedReviews": found}}}}).encode(),
        )
        done = gate(clone, "github-pull-request", proposed, told=told, token="s3cr3t")
        assert (done.code, server.asked[0][2]["Authorization"]) == (0, "Bearer s3cr3t")
        shutil.rmtree(clone.parent / "temp")
        done = gate(clone, "github-pull-request", proposed, told=told)
    assert (done.code, len(server.asked)) == (1, 1)
    assert "no such key: approvals" in done.said


def test_the_action_has_only_keys_that_actions_have() -> None:
    assert set(ACTION) <= _KEYS
    assert {"name", "description", "runs"} <= set(ACTION)
    assert ACTION["runs"].keys() == {"using", "steps"}
    assert ACTION["runs"]["using"] == "composite"
    for step in ACTION["runs"]["steps"]:
        assert set(step) <= _STEP_KEYS
        assert step["shell"] == "bash"
    for about in ACTION["inputs"].values():
        assert set(about) <= {"description", "required", "default", "deprecationMessage"}
        assert isinstance(about["default"], str)
    for about in ACTION["outputs"].values():
        assert set(about) == {"description", "value"}


def test_no_step_uses_an_action_of_somebody_else() -> None:
    assert [step for step in ACTION["runs"]["steps"] if "uses" in step] == []


def test_no_script_holds_an_expression() -> None:
    assert [step["name"] for step in ACTION["runs"]["steps"] if _EXPRESSION.search(step["run"])] == []


def test_every_input_is_used_and_every_used_one_is_declared() -> None:
    used = {
        found
        for step in ACTION["runs"]["steps"]
        for value in step["env"].values()
        for found in _INPUT.findall(value)
    }
    assert used == set(ACTION["inputs"])


def test_a_bad_pull_request_from_a_fork_is_blocked(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    done = gate(forge.clone(proposed.merge, depth=2), "github-pull-request", proposed)
    assert done.code == 1, done.said
    assert "::error " in done.stdout
    assert "file=shop/web.yaml,line=6" in done.stdout
    assert "at most 5 replicas" in done.stdout
    assert done.outputs["verdict"] == "blocked"
    results = json.loads(Path(done.outputs["sarif-file"]).read_text())["runs"][0]["results"]
    assert [result["ruleId"] for result in results] == ["replicas"]
    assert "at most 5 replicas" in done.summary


def test_a_good_pull_request_passes(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    done = gate(forge.clone(proposed.merge, depth=2), "github-pull-request", proposed)
    assert (done.code, done.outputs["verdict"]) == (0, "passed"), done.said
    assert json.loads(Path(done.outputs["sarif-file"]).read_text())["runs"][0]["results"] == []
    assert done.summary


def test_a_clone_of_the_merge_commit_alone_is_deepened(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    done = gate(forge.clone(proposed.merge, depth=1), "github-pull-request", proposed)
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said


def test_a_clone_of_the_head_alone_gets_the_merge_commit(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    done = gate(forge.clone(proposed.source, depth=1), "github-pull-request", proposed)
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said


def test_two_changes_that_are_fine_each_are_judged_together(forge: Forge) -> None:
    parting = forge.tip()
    forge.commit({"policies/replicas.yaml": policy(3)}, "Limit replicas further")
    proposed = forge.propose(GOOD, start=parting)
    done = gate(forge.clone(proposed.merge, depth=1), "github-pull-request", proposed)
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said
    assert "at most 3 replicas" in done.stdout


def test_a_pull_request_that_weakens_the_policy_is_judged_by_the_old_one(forge: Forge) -> None:
    proposed = forge.propose(BAD_WITH_OTHER_POLICY)
    done = gate(forge.clone(proposed.merge, depth=1), "github-pull-request", proposed)
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said
    assert "at most 5 replicas" in done.stdout


def test_a_pull_request_target_is_judged_without_checking_it_out(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    clone = forge.clone(proposed.target, depth=1)
    done = gate(clone, "github-pull-request-target", proposed)
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said
    assert "replicas: 2" in (clone / "shop" / "web.yaml").read_text()


@pytest.mark.parametrize(
    "name", ["github-push", "github-push-forced", "github-push-new-branch", "github-push-tag"]
)
def test_a_bad_push_is_blocked_in_a_clone_of_one_commit(forge: Forge, name: str) -> None:
    proposed = forge.propose(BAD)
    done = gate(forge.clone(proposed.source, depth=1), name, proposed)
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said


def test_a_first_push_cannot_be_judged_and_says_what_to_do(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    done = gate(forge.clone(proposed.source, depth=1), "github-push-first", proposed)
    assert (done.code, done.outputs["verdict"]) == (2, "failed"), done.said
    assert "--base" in done.said


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)])
def test_a_merge_group_is_judged(forge: Forge, files: dict[str, str], code: int) -> None:
    proposed = forge.propose(files)
    done = gate(forge.clone(proposed.merge, depth=1), "github-merge-group", proposed)
    assert done.code == code, done.said


@pytest.mark.parametrize("name", ["gitea-pull-request", "forgejo-pull-request"])
def test_a_pull_request_on_gitea_and_forgejo_is_judged(forge: Forge, name: str) -> None:
    proposed = forge.propose(BAD)
    done = gate(forge.clone(proposed.source, depth=1), name, proposed)
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said


def test_inputs_say_what_is_compared(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    clone = forge.clone(proposed.merge)
    done = gate(
        clone, "github-schedule", proposed, base=proposed.target, head=proposed.source, policies="policies"
    )
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said


def test_more_outputs_are_written(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    clone = forge.clone(proposed.merge, depth=2)
    done = gate(clone, "github-pull-request", proposed, outputs="json=out.json\n\njunit=out.xml\n")
    assert done.code == 1, done.said
    assert json.loads((clone / "out.json").read_text())
    assert (clone / "out.xml").read_text().startswith("<?xml")


@pytest.mark.parametrize("flag", ["all", "strict"])
def test_a_flag_that_is_neither_true_nor_false_cannot_be_judged(forge: Forge, flag: str) -> None:
    proposed = forge.propose(GOOD)
    done = gate(forge.clone(proposed.merge, depth=2), "github-pull-request", proposed, told={}, **{flag: "yes"})
    assert done.code != 0
    assert f"input `{flag}`: expected `true` or `false`" in done.stderr


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("names", [["policies"], sorted(set(ACTION["inputs"]) - {"python"})], ids=["one", "all"])
def test_an_input_is_never_run(forge: Forge, names: list[str], text: str) -> None:
    proposed = forge.propose(GOOD)
    clone = forge.clone(proposed.merge, depth=2)
    done = gate(clone, "github-pull-request", proposed, told={}, **dict.fromkeys(names, text))
    assert done.code != 0, done.said
    assert not list(forge.folder.rglob("pwned"))


@pytest.mark.parametrize(
    "branch", ["$(touch${IFS}pwned)", "`touch${IFS}pwned`", '";touch${IFS}pwned;"', "--exec=a"]
)
def test_the_name_of_a_branch_is_never_run(forge: Forge, branch: str) -> None:
    proposed = forge.propose(BAD, branch=branch)
    _, event = recorded("github-pull-request-target", proposed)
    event["pull_request"]["head"]["ref"] = branch
    event["pull_request"]["title"] = "$(touch pwned)\n::set-output name=verdict::passed"
    told = {"GITHUB_HEAD_REF": branch}
    done = gate(
        forge.clone(proposed.target, depth=1), "github-pull-request-target", proposed, event=event, told=told
    )
    assert (done.code, done.outputs["verdict"]) == (1, "blocked"), done.said
    assert not list(forge.folder.rglob("pwned"))


def test_nothing_of_what_is_proposed_is_imported(forge: Forge) -> None:
    trap = "import pathlib\npathlib.Path('pwned').touch()\n"
    names = (
        "policy_engine/__init__.py",
        "click.py",
        "json.py",
        "venv.py",
        "pip.py",
        "sitecustomize.py",
        "yaml.py",
    )
    proposed = forge.propose(GOOD | dict.fromkeys(names, trap))
    clone = forge.clone(proposed.merge, depth=2)
    done = gate(clone, "github-pull-request", proposed)
    assert done.code == 0, done.said
    assert not (clone / "pwned").exists()


def test_an_event_that_cannot_be_read_is_no_pass(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    clone = forge.clone(proposed.merge, depth=2)
    done = gate(clone, "github-pull-request", proposed, told={"GITHUB_EVENT_PATH": str(clone / "missing")})
    assert (done.code, done.outputs["verdict"]) == (2, "failed")
    assert "event payload: cannot be read" in done.said


def test_a_report_of_a_step_before_is_not_taken_for_this_one(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    clone = forge.clone(proposed.merge, depth=2)
    environment = runner_environment("github-pull-request", proposed, clone)
    old = Path(environment["RUNNER_TEMP"]) / "polgate.sarif"
    old.write_text("old")
    done = run_step(GATE, clone, environment, {"fail-on": "nonsense"})
    assert done.returncode == 2
    assert "sarif-file=\n" in Path(environment["GITHUB_OUTPUT"]).read_text()


def test_installing_needs_no_build_and_imports_nothing_from_the_workspace(tmp_path: Path) -> None:
    action = tmp_path / "action"
    (action / "ci").mkdir(parents=True)
    (action / "requirements").mkdir()
    (action / "ci" / "action.py").write_text((ROOT / "ci" / "action.py").read_text())
    (action / "requirements" / "gate.txt").write_text("# nothing: there is no network here\n")
    (action / "policy_engine").symlink_to(ROOT / "policy_engine")
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    for name in ("venv.py", "pip.py", "sysconfig.py", "policy_engine.py"):
        (workspace / name).write_text("import pathlib\npathlib.Path('pwned').touch()\n")
    temporary = tmp_path / "temp dir"
    temporary.mkdir()
    environment = plain_environment(tmp_path) | {
        "RUNNER_TEMP": str(temporary),
        "GITHUB_ACTION_PATH": str(action),
        "PIP_NO_INDEX": "1",
    }
    done = run_step(INSTALL, workspace, environment, {"python": sys.executable})
    assert done.returncode == 0, done.stdout + done.stderr
    python = temporary / "polgate" / "bin" / "python"
    show = "import policy_engine; print(policy_engine.__file__)"
    shown = subprocess.run(
        [python, "-I", "-c", show], cwd=workspace, env=environment, capture_output=True, text=True, check=True
    )
    assert shown.stdout.startswith(str(temporary / "polgate" / "lib"))
    assert os.listdir(workspace).count("pwned") == 0


def test_installing_takes_only_what_is_locked(tmp_path: Path) -> None:
    action = tmp_path / "action"
    (action / "ci").mkdir(parents=True)
    (action / "requirements").mkdir()
    (action / "ci" / "action.py").write_text((ROOT / "ci" / "action.py").read_text())
    (action / "requirements" / "gate.txt").write_text("click==8.1.8\n")  # no hash
    temporary = tmp_path / "temp"
    temporary.mkdir()
    environment = plain_environment(tmp_path) | {
        "RUNNER_TEMP": str(temporary),
        "GITHUB_ACTION_PATH": str(action),
        "PIP_NO_INDEX": "1",
    }
    done = run_step(INSTALL, tmp_path, environment, {"python": sys.executable})
    assert done.returncode == 1
    assert "the dependencies cannot be installed" in done.stderr
