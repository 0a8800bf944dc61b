"""A forge on this disk: a repository with a proposal to merge, and clones as CI systems make them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENTS = ROOT / "tests" / "unit" / "forges" / "environments"
NUMBER = 42

# What the recorded environments call these commits.
BASE, HEAD, MERGE = (
    "3f1d0c9e5b7a42864c0d1e2f3a4b5c6d7e8f9012",
    "9c8b7a6f5e4d3c2b1a09f8e7d6c5b4a392817065",
    "d4c3b2a1908f7e6d5c4b3a29181706f5e4d3c2b1",
)
DIFF_BASE = "5" * 40
BEFORE_ON_TRAIN = "7" * 40

SETTINGS = "apiVersion: polgate.io/v1alpha1\nkind: GateSettings\npolicies: [policies]\n"
POLICY = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: replicas
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE, UPDATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= LIMIT
    message: at most LIMIT replicas
"""
MANIFEST = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: REPLICAS
"""


def policy(limit: int = 5) -> str:
    return POLICY.replace("LIMIT", str(limit))


def manifest(replicas: int) -> str:
    return MANIFEST.replace("REPLICAS", str(replicas))


GOOD = {"shop/web.yaml": manifest(4)}
BAD = {"shop/web.yaml": manifest(9)}
# Weakens the policy that would stop it, and looks for policies elsewhere.
BAD_WITH_OTHER_POLICY = BAD | {"policies/replicas.yaml": policy(100), ".polgate.yaml": SETTINGS + "strict: true\n"}


def plain_environment(folder: Path) -> dict[str, str]:
    """Give an environment with nothing of this machine's user or CI system, and polgate on the PATH."""
    return {
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "PATH": os.pathsep.join((str(Path(sys.prefix) / "bin"), "/usr/bin", "/bin")),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Dana",
        "GIT_AUTHOR_EMAIL": "dana@shop.example",
        "GIT_COMMITTER_NAME": "Dana",
        "GIT_COMMITTER_EMAIL": "dana@shop.example",
    }


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "init.defaultBranch=main", "-c", "advice.detachedHead=false", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=plain_environment(folder), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Proposed:
    """Commits of a proposal. target: the tip of main. source: what is proposed. merge: both, as forges merge."""

    parting: str
    target: str
    source: str
    merge: str

    def __iter__(self) -> Any:
        return iter((self.parting, self.target, self.source, self.merge))


class Forge:
    """Holds the repository `deploy`, whose main has a policy, a manifest and more history than a shallow clone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.origin = folder / "deploy"
        self.origin.mkdir(parents=True)
        git(self.origin, "init", "--quiet")
        self.commit({".polgate.yaml": SETTINGS, "shop/web.yaml": manifest(2)}, "Deploy the shop")
        self.commit({"policies/replicas.yaml": policy()}, "Limit replicas")

    def commit(self, files: Mapping[str, str], message: str) -> str:
        for name, text in files.items():
            path = self.origin / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        git(self.origin, "add", "--all")
        git(self.origin, "commit", "--quiet", "--allow-empty", f"--message={message}")
        return self.tip()

    def tip(self, revision: str = "HEAD") -> str:
        return git(self.origin, "rev-parse", "--verify", f"{revision}^{{commit}}")

    def propose(self, files: Mapping[str, str], *, start: str = "main", branch: str = "more-replicas") -> Proposed:
        """Make a branch with two commits, then one on main, then what forges make of them."""
        parting = self.tip(start)
        git(self.origin, "checkout", "--quiet", "--detach", start)
        self.commit({"README.md": "The shop.\n"}, "Say what this is")
        source = self.commit(files, "Give the shop more replicas")
        git(self.origin, "update-ref", f"refs/heads/{branch}", source)
        git(self.origin, "update-ref", f"refs/pull/{NUMBER}/head", source)
        git(self.origin, "update-ref", f"refs/merge-requests/{NUMBER}/head", source)
        git(self.origin, "checkout", "--quiet", "main")
        target = self.commit({"docs.txt": "unrelated\n"}, "Work on something else")
        git(self.origin, "checkout", "--quiet", "--detach", "main")
        git(self.origin, "merge", "--quiet", "--no-ff", "--message=Merge", source)
        merge = self.tip()
        for ref in (f"refs/pull/{NUMBER}/merge", f"refs/merge-requests/{NUMBER}/merge"):
            git(self.origin, "update-ref", ref, merge)
        git(self.origin, "checkout", "--quiet", "main")
        return Proposed(parting=parting, target=target, source=source, merge=merge)

    def clone(self, commit: str, *, depth: int = 0) -> Path:
        """Clone as CI systems do: one commit, checked out by its id, and nothing else. depth: 0 for all of it."""
        clone = self.folder / "clone"
        clone.mkdir()
        git(clone, "init", "--quiet")
        git(clone, "remote", "add", "origin", self.origin.as_uri())
        limit = [f"--depth={depth}"] if depth else []
        wanted = [commit] if depth else [commit, "+refs/heads/*:refs/remotes/origin/*"]
        git(clone, "fetch", "--quiet", "--no-tags", *limit, "origin", *wanted)
        git(clone, "checkout", "--quiet", "--detach", commit)
        return clone


def recorded(name: str, proposed: Proposed) -> tuple[dict[str, str], Any]:
    """Give a recorded environment, and its event, with the commits that really are there."""
    text = (ENVIRONMENTS / f"{name}.yaml").read_text()
    real = {
        BASE: proposed.target,
        HEAD: proposed.source,
        MERGE: proposed.merge,
        DIFF_BASE: proposed.parting,
        BEFORE_ON_TRAIN: proposed.target,
    }
    for called, commit in real.items():
        text = text.replace(called, commit)
    case = yaml.safe_load(text)
    return case["environment"], case.get("event")
