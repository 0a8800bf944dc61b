"""The Task of tekton/polgate-gate.yaml, run as its container runs it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from policy_engine.sources import Document, DocumentReader
from tests.ci.forge import BAD, GOOD, ROOT, Forge, plain_environment

PATH = ROOT / "tekton" / "polgate-gate.yaml"
_VARIABLE = re.compile(r"\$\(([a-z-]+(?:\.[a-z-]+)+)\)")
HOSTILE = (
    "$(touch pwned)",
    "`touch pwned`",
    '"; touch pwned; "',
    "'; touch pwned; '",
    "--output=text=pwned",
    "-h",
)


def task() -> dict[str, Any]:
    (document,) = DocumentReader().read(str(PATH), PATH.read_bytes())
    assert isinstance(document, Document)
    return document.value


TASK = task()
(STEP,) = TASK["spec"]["steps"]


@dataclass(frozen=True)
class Done:
    code: int
    said: str
    result: str


def run_task(clone: Path, **params: str) -> Done:
    """Run the step's script. Source: Tekton documentation, "Variable substitutions": plain text for plain text."""
    given = {about["name"]: about.get("default") for about in TASK["spec"]["params"]}
    given |= {"image": "registry.example/polgate-gate:0.1.0"}
    given |= {name.replace("_", "-"): value for name, value in params.items()}
    result = clone.parent / "result"
    known = {f"params.{name}": value for name, value in given.items()}
    known |= {"workspaces.source.path": str(clone), "results.exit-code.path": str(result)}

    def filled(text: str) -> str:
        return _VARIABLE.sub(lambda found: known[found[1]], text)

    script = clone.parent / "script"
    script.write_text(filled(STEP["script"]))
    script.chmod(0o755)
    environment = {one["name"]: filled(one["value"]) for one in STEP["env"]}
    done = subprocess.run(
        [script],
        cwd=filled(STEP["workingDir"]),
        env=plain_environment(clone.parent) | environment | {"HOME": str(clone.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    return Done(code=done.returncode, said=done.stdout + done.stderr, result=result.read_text())


def test_the_task_is_one_of_tekton_v1() -> None:
    assert (TASK["apiVersion"], TASK["kind"]) == ("tekton.dev/v1", "Task")
    declared = {about["name"] for about in TASK["spec"]["params"]}
    used = {found.split(".", 1)[1] for found in _VARIABLE.findall(PATH.read_text()) if found.startswith("params.")}
    assert used == declared


def test_only_the_image_and_the_base_have_to_be_said() -> None:
    assert [about["name"] for about in TASK["spec"]["params"] if "default" not in about] == ["image", "base"]


def test_no_parameter_is_part_of_the_script() -> None:
    assert _VARIABLE.findall(STEP["script"]) == ["results.exit-code.path"]
    assert STEP["script"].startswith("#!/bin/sh\n")


def test_the_step_may_do_nothing_beyond_its_own_files() -> None:
    assert STEP["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsGroup": 65532,
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_a_change_is_judged_and_the_result_says_how(forge: Forge, files: dict[str, str], code: int) -> None:
    proposed = forge.propose(files)
    done = run_task(forge.clone(proposed.source), base=proposed.target, head=proposed.source)
    assert (done.code, done.result) == (code, str(code)), done.said


def test_a_base_can_be_a_branch_and_the_head_what_is_checked_out(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    done = run_task(forge.clone(proposed.source), base="origin/main")
    assert (done.code, done.result) == (1, "1"), done.said


@pytest.mark.parametrize("base", ["origin/main", "commit"])
def test_a_shallow_clone_is_deepened(forge: Forge, base: str) -> None:
    proposed = forge.propose(BAD)
    named = {"origin/main": "origin/main", "commit": proposed.target}[base]
    done = run_task(forge.clone(proposed.source, depth=1), base=named, head=proposed.source)
    assert (done.code, done.result) == (1, "1"), done.said


def test_one_more_report_is_written(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    clone = forge.clone(proposed.source)
    done = run_task(clone, base="origin/main", report="json=../polgate.json")
    assert done.code == 1, done.said
    assert (clone.parent / "polgate.json").read_text().startswith("{")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "names", [["base"], ["head"], ["policies", "fail_on", "kube_version", "report"]], ids=["base", "head", "rest"]
)
def test_a_parameter_is_never_run(forge: Forge, names: list[str], text: str) -> None:
    proposed = forge.propose(GOOD)
    done = run_task(forge.clone(proposed.source), **({"base": "origin/main"} | dict.fromkeys(names, text)))
    assert (done.code, done.result) == (2, "2"), done.said
    assert not list(forge.folder.rglob("pwned"))
