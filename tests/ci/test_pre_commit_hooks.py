"""The hooks of .pre-commit-hooks.yaml, run as pre-commit runs them."""

from __future__ import annotations

import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.forge import BAD, GOOD, ROOT, Forge, git, manifest, plain_environment, recorded

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
}
# Source: pre-commit pre_commit/clientlib.py, MANIFEST_HOOK_DICT; the names of stages are those of 3.2.0.
_KEYS: dict[str, type] = {
    "id": str,
    "name": str,
    "entry": str,
    "language": str,
    "description": str,
    "types": list,
    "types_or": list,
    "always_run": bool,
    "pass_filenames": bool,
    "require_serial": bool,
    "stages": list,
    "minimum_pre_commit_version": str,
}
POLICY_TESTS = """\
apiVersion: polgate.io/v1alpha1
kind: PolicyTest
request:
  object: {apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 5}}
cases:
- {name: allows five, want: allow}
"""
_STAGES = {"pre-commit", "pre-merge-commit", "pre-push", "manual"}


def run_hook(
    name: str, clone: Path, *files: str, args: tuple[str, ...] = (), told: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    """Run a hook's entry. Source: pre_commit/lang_base.py, hook_cmd: split as shells do, and run without one."""
    return subprocess.run(
        [*shlex.split(HOOKS[name]["entry"]), *args, *files],
        cwd=clone,
        env=plain_environment(clone.parent) | {"PRE_COMMIT": "1"} | dict(told),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))
def test_a_hook_is_as_pre_commit_wants_it(hook: dict[str, Any]) -> None:
    assert {name: type(value) for name, value in hook.items()} == {name: _KEYS[name] for name in hook}
    assert {"id", "name", "entry", "language"} <= hook.keys()
    assert hook["language"] == "python"
    assert set(hook["stages"]) <= _STAGES
    assert hook["minimum_pre_commit_version"] == "3.2.0"
    assert hook["require_serial"]


def test_gates_are_asked_even_where_files_are_only_deleted() -> None:
    gates = [hook for hook in HOOKS.values() if hook["entry"].startswith("polgate gate")]
    assert [(hook["id"], hook["always_run"], hook["pass_filenames"]) for hook in gates] == [
        ("polgate", True, False),
        ("polgate-push", True, False),
    ]


def test_what_is_staged_is_judged_before_a_push_by_another_hook() -> None:
    assert HOOKS["polgate"]["stages"] == ["pre-commit", "pre-merge-commit"]
    assert HOOKS["polgate-push"]["stages"] == ["pre-push"]


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_what_is_staged_is_judged(forge: Forge, files: dict[str, str], code: int) -> None:
    (forge.origin / "shop" / "web.yaml").write_text(files["shop/web.yaml"])
    assert run_hook("polgate", forge.origin).returncode == 0  # nothing is staged yet
    git(forge.origin, "add", "--all")
    done = run_hook("polgate", forge.origin)
    assert done.returncode == code, done.stdout + done.stderr


def test_what_is_staged_counts_and_not_what_is_in_the_file(forge: Forge) -> None:
    (forge.origin / "shop" / "web.yaml").write_text(manifest(9))
    git(forge.origin, "add", "--all")
    (forge.origin / "shop" / "web.yaml").write_text(manifest(1))
    assert run_hook("polgate", forge.origin).returncode == 1


@pytest.mark.parametrize("options", [("--all",), ("--", "shop/web.yaml")], ids=["all", "one file"])
def test_a_commit_of_what_was_not_staged_is_judged_by_what_it_will_hold(
    forge: Forge, options: tuple[str, ...]
) -> None:
    hook = forge.origin / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    program = Path(sys.prefix) / "bin" / "polgate"
    hook.write_text(f"#!/bin/sh\nexec {shlex.quote(str(program))} gate --staged\n")
    hook.chmod(0o755)
    (forge.origin / "shop" / "web.yaml").write_text(manifest(9))
    done = subprocess.run(
        ["git", "commit", "--message=x", *options],
        cwd=forge.origin,
        env=plain_environment(forge.folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "at most 5 replicas" in done.stdout + done.stderr


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), (BAD, 1)], ids=["good", "bad"])
def test_what_is_pushed_is_judged(forge: Forge, files: dict[str, str], code: int) -> None:
    proposed = forge.propose(files)
    told, _ = recorded("pre-commit-push", proposed)
    clone = forge.clone(proposed.source)
    done = run_hook("polgate-push", clone, told={name: told[name] for name in told if name != "HOME"})
    assert done.returncode == code, done.stdout + done.stderr


@pytest.mark.parametrize("text", ["--output=text=pwned", "$(touch pwned)", "-h"])
def test_a_revision_that_is_an_option_is_no_pass(forge: Forge, text: str) -> None:
    told = {"PRE_COMMIT_FROM_REF": text, "PRE_COMMIT_TO_REF": "HEAD"}
    assert run_hook("polgate-push", forge.origin, told=told).returncode == 2
    assert not list(forge.folder.rglob("pwned"))


def test_manifests_are_checked(forge: Forge) -> None:
    args = ("--policies", "policies")
    assert run_hook("polgate-check", forge.origin, "shop/web.yaml", args=args).returncode == 0
    (forge.origin / "shop" / "web.yaml").write_text(manifest(9))
    assert run_hook("polgate-check", forge.origin, "shop/web.yaml", args=args).returncode == 1


def test_policies_are_linted(forge: Forge) -> None:
    assert run_hook("polgate-lint", forge.origin, "policies/replicas.yaml").returncode == 0
    path = forge.origin / "policies" / "replicas.yaml"
    path.write_text(path.read_text().replace("object.spec", "objekt.spec"))
    assert run_hook("polgate-lint", forge.origin, "policies/replicas.yaml").returncode == 1


def test_policies_are_tested(forge: Forge) -> None:
    (forge.origin / "policies" / "replicas.test.yaml").write_text(POLICY_TESTS)
    done = run_hook("polgate-test", forge.origin, args=("policies",))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    path = forge.origin / "policies" / "replicas.yaml"
    path.write_text(path.read_text().replace("<= 5", "<= 4"))
    assert run_hook("polgate-test", forge.origin).returncode == 1
