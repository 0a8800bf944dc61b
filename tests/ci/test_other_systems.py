"""The command by itself, in the environments of systems that have no configuration here."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.ci.forge import BAD, GOOD, Forge, Proposed, git, plain_environment, recorded


def gate(
    clone: Path, name: str, proposed: Proposed, told: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    environment, _ = recorded(name, proposed)
    plain = plain_environment(clone.parent)
    return subprocess.run(
        ["polgate", "gate"],
        cwd=clone,
        env=environment | dict(told) | plain,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["jenkins-change", "jenkins-branch", "named-base"])
@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_what_is_checked_out_is_judged(
    forge: Forge, name: str, depth: int, files: dict[str, str], code: int
) -> None:
    proposed = forge.propose(files)
    done = gate(forge.clone(proposed.source, depth=depth), name, proposed)
    assert done.returncode == code, done.stdout + done.stderr


def test_a_merge_that_jenkins_made_itself_is_judged(forge: Forge) -> None:
    proposed = forge.propose(BAD)
    clone = forge.clone(proposed.target)
    git(clone, "merge", "--quiet", "--no-ff", "--message=Merge", proposed.source)
    done = gate(clone, "jenkins-change", proposed)
    assert done.returncode == 1, done.stdout + done.stderr


def test_a_first_build_of_a_branch_cannot_be_judged_and_says_what_to_do(forge: Forge) -> None:
    proposed = forge.propose(GOOD)
    done = gate(forge.clone(proposed.source), "jenkins-branch-first", proposed)
    assert done.returncode == 2
    assert "--base" in done.stdout + done.stderr
