"""A Git repository as a platform team has it: many manifests, policies, and a last commit that changes a few."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.manifests import write_manifests, write_policies

MANIFESTS, POLICIES, CHANGED = 10_000, 50, 10
BRANCH = "refs/heads/main"
_WHO = b"Bench <bench@example.com> 1767225600 +0000"
_ENVIRONMENT = {"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", "HOME": os.devnull}


def make_repository(
    folder: Path, *, manifests: int = MANIFESTS, policies: int = POLICIES, changed: int = CHANGED
) -> tuple[str, str]:
    """Make a bare repository with manifests/ and policies/, and give its last two commits, base and head.

    The last commit gives every changed Deployment an image with the tag `latest`, which policies deny. Nearly all
    content is in one pack, as it is after a clone.
    """
    _git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(folder))
    with tempfile.TemporaryDirectory() as files:
        write_manifests(Path(files) / "manifests", manifests)
        write_policies(Path(files) / "policies", policies)
        stream = b"".join(_history(Path(files), changed))
    _git(folder, "fast-import", "--quiet", stdin=stream)
    return _git(folder, "rev-parse", f"{BRANCH}~1"), _git(folder, "rev-parse", BRANCH)


def _history(files: Path, changed: int) -> Iterator[bytes]:
    yield _commit("All there is")
    paths = sorted(path for path in files.rglob("*") if path.is_file())
    for path in paths:
        yield _file(path.relative_to(files), path.read_bytes())
    yield _commit(f"Change {changed}")
    deployments = [path for path in paths if b"\nkind: Deployment\n" in path.read_bytes()]
    for path in deployments[:: len(deployments) // changed][:changed]:
        text = path.read_text().replace("image: registry.example.com/shop/proxy:1.9.0", "image: proxy:latest")
        yield _file(path.relative_to(files), text.encode())


def _commit(message: str) -> bytes:
    return b"commit %s\ncommitter %s\n%s" % (BRANCH.encode(), _WHO, _data(message.encode()))


def _file(path: Path, content: bytes) -> bytes:
    return b"M 100644 inline %s\n%s" % (path.as_posix().encode(), _data(content))


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _git(folder: Path, *arguments: str, stdin: bytes = b"") -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=folder, input=stdin, stdout=subprocess.PIPE, env=_ENVIRONMENT, check=True
    )
    return done.stdout.decode().strip()
